"""What a whole network declares for a step, against torch's counter on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import made
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import Batch
from rnnlab.data.prepared import prepare
from rnnlab.tasks.base import SequenceTask, flops_per_step
from rnnlab.training.checkpoints import new_task

NAMES = "task=names data=names_makemore data.limit=2000"
REVIEWS = "task=sentiment data=file data.path=HERE/reviews.csv"
TAGGED = "task=tagging data=file data.path=HERE/sentences.conllu"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small data sets in files."""
    place = tmp_path_factory.mktemp("flops")
    made.sentences(place / "sentences.conllu", 60)
    made.reviews(place / "reviews.csv", 60)
    (place / "labelled.tsv").write_text("".join(f"{'ab' * size}\t{'FM'[size % 2]}\n" for size in range(1, 31)))
    return place


def network(arguments: str, folder: Path) -> tuple[SequenceTask, dict[str, Any]]:
    words = arguments.replace("HERE", str(folder)).split()
    config = plain(compose_train(["model.hidden_size=12", *words])[1])
    return new_task(config, prepare(config)).eval(), config


def one_sequence(task: Any, steps: int, spelling: int | None) -> Batch:
    """A sequence without padding; its words, if it has any, are different and as long as can be."""
    if spelling is not None:
        words = torch.arange(steps)[:, None]
        inputs = torch.cat([words, words * 0, (words * 0).expand(-1, spelling)], dim=1)[None]
    elif task.vocabulary.level == "channel":
        inputs = torch.zeros(1, steps, len(task.vocabulary))
    else:
        inputs = torch.zeros(1, steps, dtype=torch.long)
    return Batch(inputs, torch.tensor([steps]), torch.empty(0))


@pytest.mark.parametrize(
    "arguments",
    [
        f"{NAMES} cell=scratch_lstm",
        f"{NAMES} cell=scratch_gru model.tie_weights=true model.embedding_size=7",
        f"{NAMES} cell=scratch_gru model.tie_weights=true model.embedding_size=12 model.num_layers=2",
        "task=names data=file data.path=HERE/labelled.tsv cell=scratch_rnn model.condition=kind",
        "task=chars data=shakespeare data.limit=5000 cell=scratch_lstm model.num_layers=3",
        f"{REVIEWS} cell=scratch_gru model.bidirectional=true model.num_layers=2",
        f"{REVIEWS} cell=scratch_gru model.pooling=concat",
        f"{REVIEWS} cell=bag",
        f"{REVIEWS} cell=mlp_flat",
        f"{REVIEWS} cell=mlp_window model.num_layers=2",
        "task=signals data.sequences=50 cell=scratch_lstm",
        "task=signals data=adding data.sequences=50 cell=scratch_rnn",
        "task=signals data=copying data.sequences=50 cell=scratch_gru",
        "task=forecasting data=sines cell=scratch_lstm data.horizon=7",
        f"{TAGGED} cell=scratch_lstm",
        f"{TAGGED} cell=scratch_gru model.bidirectional=false model.char_hidden_size=0",
    ],
)
def test_a_step_of_a_network_takes_what_torch_counts(arguments: str, folder: Path) -> None:
    task, config = network(f"{arguments} data.sequence_length=21", folder)
    steps = config["data"]["sequence_length"]
    batch = one_sequence(task, steps, config["data"].get("word_length"))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        task.outputs(batch)
    assert flops_per_step(task, steps) == counter.get_total_flops() / steps > 0


@pytest.mark.parametrize(
    ("arguments", "flops"),
    [
        # 96 units over 96 inputs; of the shipped names, 26 letters, [S] and [PAD]
        (f"{NAMES} cell=gru model.hidden_size=96", 2 * 3 * 96 * 192 + 2 * 96 * 28),
        (f"{NAMES} cell=lstm model.hidden_size=96", 2 * 4 * 96 * 192 + 2 * 96 * 28),
        # the output layer acts once in 50 steps
        (f"{REVIEWS} cell=bag model.embedding_size=30 data.sequence_length=50", 2 * 30 * 2 / 50),
    ],
)
def test_a_step_takes_what_can_be_reckoned_by_hand(arguments: str, flops: float, folder: Path) -> None:
    task, config = network(arguments, folder)
    assert flops_per_step(task, config["data"]["sequence_length"]) == flops


def test_a_network_that_is_changed_and_says_nothing_has_no_number(folder: Path) -> None:
    task, _ = network(REVIEWS, folder)
    declared = flops_per_step(task, 10)

    class Named(type(task)):  # type: ignore[misc]
        """Computes as its base class does."""

    class Changed(type(task)):  # type: ignore[misc]
        def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(inputs, lengths)  # type: ignore[no-any-return]

    task.__class__ = Named
    assert flops_per_step(task, 10) == declared
    task.__class__ = Changed
    assert flops_per_step(task, 10) is None
    task.__class__ = Named
    task.embedding = torch.nn.Sequential(task.embedding)
    assert flops_per_step(task, 10) is None
