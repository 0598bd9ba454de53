"""A sweep of lengths at equal steps: `data.tokens_per_step` sets the batch size."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.analysis.configurations import configurations
from rnnlab.config.compose import compose_train, plain
from rnnlab.config.jobs import compose_jobs
from rnnlab.config.schema import check_run
from rnnlab.errors import UserError
from rnnlab.records.identity import identity
from rnnlab.records.reading import Run

TEXT = ("task=chars", "data=nursery_rhyme")


def test_every_length_has_as_many_symbols_in_a_step():
    composed = compose_train(["-m", *TEXT, "data.tokens_per_step=640", "data.sequence_length=8,32"])
    words = [[*TEXT, "data.tokens_per_step=640", f"data.sequence_length={length}"] for length in (8, 32)]
    configs = compose_jobs(composed.loader, composed.config, words)
    for config in configs:
        check_run(config)
    assert [config["data"]["batch_size"] for config in configs] == [80, 20]
    by_hand = plain(compose_train([*TEXT, "data.batch_size=80", "data.sequence_length=8"]).config)
    assert identity(configs[0]) == identity(by_hand), "the same training is the same run"


def test_the_batch_size_that_follows_is_no_setting_of_its_own():
    runs = [
        Run(Path(f"runs/a/{length}"), "complete", "", {"data.sequence_length": length, "data.batch_size": 640 // length,
            "data.tokens_per_step": 640, "seed": 0}, {})
        for length in (8, 32)
    ]  # fmt: skip
    assert [one.label for one in configurations(runs)] == ["sequence_length 8", "sequence_length 32"]


def test_accumulated_batches_count():
    words = [*TEXT, "data.tokens_per_step=640", "data.sequence_length=8", "trainer.accumulate_grad_batches=4"]
    assert plain(compose_train(words).config)["data"]["batch_size"] == 20


def test_a_length_that_does_not_divide_the_symbols_is_refused():
    config = plain(compose_train([*TEXT, "data.tokens_per_step=640", "data.sequence_length=30"]).config)
    with pytest.raises(UserError, match=r"data.tokens_per_step=640: data.sequence_length=30 .* give 630$"):
        check_run(config)


def test_two_batch_sizes_are_refused(workdir: Path):
    alone = r"data.batch_size: data.tokens_per_step=640 sets it; give one of them"
    with pytest.raises(UserError, match=alone):
        compose_train([*TEXT, "data.tokens_per_step=640", "data.batch_size=32"])
    study = "defaults:\n- train\n- override task: chars\n- _self_\ndata:\n  tokens_per_step: 640\n  batch_size: 7\n"
    (workdir / "study.yaml").write_text(study)
    with pytest.raises(UserError, match=alone):
        compose_train(["-cd", ".", "-cn", "study"])
