"""Figure 3: reading, encoding and batching, however large the corpus."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np

from measure import in_turn, ratio, table
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.sequences import Sequences
from rnnlab.data.sources.files import packaged
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.training.blocks import Blocks
from subject import brief, config_of, epoch_seconds

TIMES = 100  # what a corpus is repeated


def data(quick: bool) -> str:
    """Batches of names without any training; Tiny Shakespeare as sliding windows of stride 1, once and a hundred
    times over (111 million characters), and names a hundred times over (3.2 million). Time per step: above 1, a
    step on the small corpus takes longer."""
    rows: list[list[object]] = [["encoding a text of 52 million characters", f"{_encoding():,.0f} MB/s"]]
    names = prepare(config_of("data=names_makemore"))
    rows += [_batches(names, bucketing) for bucketing in (False, True)]
    if not quick:
        with tempfile.TemporaryDirectory() as folder:
            rows += _grown(names, Path(folder))
    return table(["", ""], rows)


def _encoding() -> float:
    """Million characters a second."""
    text = "abcdefghijklmnopqrstuvwxyz" * 2_000_000
    letters = Vocabulary.of_characters([text])
    started = time.perf_counter()
    letters.encode(text)
    return len(text) / (time.perf_counter() - started) / 1e6


def _batches(names: Prepared, bucketing: bool) -> list[object]:
    module = SequenceDataModule(names, 64, seed=0, bucketing=bucketing)
    seconds = []
    for _ in range(8):
        started = time.perf_counter()
        whole = module.train_batches()
        blocks = list(Blocks(whole, len(whole), len(whole), size=64))
        seconds.append(time.perf_counter() - started)
    batches = [batch for block in blocks for batch in block]
    tokens = sum(int(batch.lengths.sum()) for batch in batches)
    places = sum(batch.inputs.numel() for batch in batches)
    name = f"shuffled, {'bucketed, ' if bucketing else ''}padded batches of 64 names"
    return [name, f"{tokens / min(seconds) / 1e6:.1f} M tokens/s, {1 - tokens / places:.1%} padding"]


def _grown(names: Prepared, folder: Path) -> list[list[object]]:
    """Time per step of a corpus that is a hundred times as large."""
    small, large = folder / "small.txt", folder / "large.txt"
    text = packaged("rnnlab", "data/shipped/tinyshakespeare.txt")[0].read_bytes()
    small.write_bytes(text)
    large.write_bytes(text * TIMES)
    sizes = ("model.hidden_size=64", "model.embedding_size=32", "data.windows=sliding", "data.stride=1")
    texts = [brief("task=chars", "data=file", f"data.path={file}", *sizes, batches=100) for file in (small, large)]
    several = brief("data=names_makemore", "data.bucketing=true", batches=300)
    corpora = _flat(folder, *zip(texts, map(prepare, texts), strict=True))
    lists = _flat(folder, (several, names), (several, _repeated(names)))
    return [
        ["time per step, 1.1 against 111 million characters", corpora],
        ["time per step, 32 thousand against 3.2 million names", lists],
    ]


def _flat(folder: Path, *sides: tuple[dict[str, object], Prepared]) -> str:
    few, many = sides
    seconds = in_turn(
        {"few": lambda: epoch_seconds(*few, folder / "run"), "many": lambda: epoch_seconds(*many, folder / "run")}, 5
    )
    return ratio(seconds["few"], seconds["many"])


def _repeated(names: Prepared) -> Prepared:
    """Every training name a hundred times."""
    part = names.parts["train"]
    sequences = part.sequences
    assert isinstance(sequences, Sequences)
    starts = np.concatenate([sequences.offsets + i * len(sequences.symbols) for i in range(TIMES)])
    many = Sequences(np.tile(sequences.symbols, TIMES), starts, np.tile(sequences.sizes, TIMES))
    return dataclasses.replace(names, parts={**names.parts, "train": dataclasses.replace(part, sequences=many)})
