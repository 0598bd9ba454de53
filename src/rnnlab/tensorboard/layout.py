"""The charts of TensorBoard's tab Custom Scalars."""

from __future__ import annotations

import lightning.pytorch as pl

from rnnlab.tensorboard.writers import summary_writers

# Tags are regular expressions there. All runs must say the same: TensorBoard puts together what they say.
CHARTS = {
    "Training": {
        "Loss, training and validation": ["Multiline", ["^train/loss$", "^val/loss$"]],
        "Tokens per second": ["Multiline", ["^timing/tokens_per_second$"]],
        "Gradient norm, before and after clipping": ["Multiline", ["^gradient_norm/"]],
    }
}


class CustomScalars(pl.Callback):
    """Describes the charts once, when a training begins."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.global_step == 0:
            for writer in summary_writers(trainer):
                writer.add_custom_scalars(CHARTS)
