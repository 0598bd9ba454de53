"""The embedding of the symbols, for TensorBoard's projector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor, nn

from rnnlab.data.module import SequenceDataModule
from rnnlab.data.text.display import display
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.records.folder import write_atomically
from rnnlab.tensorboard.writers import summary_writers

# What the projector looks for in a run's folder. SummaryWriter.add_embedding would add a folder at each call.
CONFIG, VECTORS, LABELS = "projector_config.pbtxt", "projector/vectors.tsv", "projector/symbols.tsv"


class EmbeddingTable(pl.Callback):
    """Writes the embedding of the best weights, which the test is made with, and its symbols as labels."""

    def __init__(self, symbols: int) -> None:
        """Choose how much is written.

        Args:
            symbols: Of a larger vocabulary, only so many: the most frequent ones.
        """
        self.symbols = symbols

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        table, vocabulary = (getattr(pl_module, name, None) for name in ("embedding", "vocabulary"))
        table = getattr(table, "words", table)  # of words that are also spelled, the vectors of their own
        data = trainer.datamodule  # type: ignore[attr-defined]
        if not (isinstance(table, nn.Embedding) and isinstance(vocabulary, Vocabulary) and summary_writers(trainer)):
            return
        assert isinstance(data, SequenceDataModule)
        counts = data.prepared.parts["train"].counts(len(vocabulary))
        kept = np.sort(np.argsort(-counts, kind="stable")[: self.symbols])  # in the vocabulary's own order
        vectors = table.weight.detach().cpu()[torch.from_numpy(kept)]
        for writer in summary_writers(trainer):
            write_table(Path(writer.log_dir), vectors, [vocabulary.symbols[index] for index in kept.tolist()])


def write_table(folder: Path, vectors: Tensor, symbols: Sequence[str]) -> None:
    """Put vectors `(N, D)` and the symbols that they belong to where the projector finds them, in a run's folder."""
    rows = ("\t".join(f"{number:.4g}" for number in vector) for vector in vectors.tolist())
    write_atomically(folder / VECTORS, "".join(f"{row}\n" for row in rows))
    write_atomically(folder / LABELS, "".join(f"{display(symbol)}\n" for symbol in symbols))
    lines = ['tensor_name: "embedding"', f'tensor_path: "{VECTORS}"', f'metadata_path: "{LABELS}"']
    write_atomically(folder / CONFIG, "embeddings {\n" + "".join(f"  {line}\n" for line in lines) + "}\n")
