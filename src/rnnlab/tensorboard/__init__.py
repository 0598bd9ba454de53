"""Views: callbacks that show something of a training in TensorBoard and change nothing of it.

A view is one file with a subclass of Lightning's `Callback`, and an entry in conf/callbacks/default.yaml. One in a
module that `RNNLAB_PLUGINS` lists needs no more than an argument: with this text as plugin.py,

    import lightning.pytorch as pl
    from rnnlab.tensorboard.writers import log_scalars

    class LargestWeight(pl.Callback):
        def on_validation_end(self, trainer, pl_module):
            largest = max(weight.abs().max().item() for weight in pl_module.parameters())
            log_scalars(trainer, {"weights/largest": largest}, trainer.global_step)

`+callbacks.largest_weight={_target_: plugin.LargestWeight, changes_result: false}` adds its curve to every run.

`changes_result: false` declares that results are the same with and without the callback, so that it is no part of a
run's identity: the run keeps its name and is not trained again. A view keeps that promise if it changes no weight and
draws no random number but inside `rnnlab.probes.trace.undisturbed`. `log_scalars`, `log_figure` and `log_text` show
with every logger, `summary_writers` has TensorBoard's own methods, such as histograms; `probe_view.ProbeView` is the
base of views that measure the network before its training and at every validation; hooks of a training batch are called
once a block (see `rnnlab.training.blocks`).
"""
