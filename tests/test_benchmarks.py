"""What `make bench-quick` runs still runs; what it measures is for people to read, no test asserts a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from support import ROOT, Answer


@pytest.mark.slow
def test_the_quick_benchmark_prints_its_ratios() -> None:
    done = subprocess.run(
        [sys.executable, "tests/benchmarks/bench.py", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    assert all(f"## {title}" in done.stdout for title in ("Training", "Data", "Generation", "Start-up"))


@pytest.mark.launchers
def test_an_answer_is_timed_against_a_grid_of_the_same_cells_range_and_epochs(
    rnnlab: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    from sections.answer import HIGHEST, LOWEST, Answered, grid_words, sweep_words

    swept, grid = sweep_words(), grid_words()
    assert f"interval({LOWEST:.0e},{HIGHEST:.0e})".replace("e-0", "e-") in " ".join(swept)
    shared = {"task=names", "cell=rnn,gru,lstm", "model.parameters=40000", "trainer.max_epochs=4"}
    assert shared <= {*swept} & {*grid} and not [word for word in grid if word.startswith("hydra")]
    first = rnnlab(*swept, "dry_run=true")
    assert first.code == 0 and "24 runs in all" in first.out, first.err
    whole = rnnlab(*grid, "dry_run=true")
    assert whole.code == 0 and "120 runs in all" in whole.out, whole.err
    rates = {float(rate) for word in grid if word.startswith("optimizer.lr=") for rate in word[13:].split(",")}
    assert len(rates) == 8 and (min(rates), max(rates)) == (LOWEST, HIGHEST)
    pairs = [("rnn", "gru", "worse"), ("lstm", "gru", "undecided"), ("lstm", "rnn", "better")]
    contrasts = [dict(zip(("first", "second", "verdict"), pair, strict=True)) for pair in pairs]
    said = Answered(3, 1.0, {"groups": [{"contrasts": contrasts}]}).verdicts
    assert said == "gru better than rnn; gru, lstm undecided; lstm better than rnn"


def test_a_simulated_sweep_is_bounded_by_its_workers_or_by_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    from scaling import Latencies, seconds_of

    parts = Latencies(start=10.0, plan=0.5, hand_over=0.25, lock=0.0, write=0.0)
    assert seconds_of(8, 1, 2.0, parts) == pytest.approx(10 + 8 * 0.5 + 8 * (0.25 + 2))
    assert seconds_of(8, 2, 2.0, parts) == pytest.approx(10 + 8 * 0.5 + 4 * (0.25 + 2) + 0.25)
    many = seconds_of(8, 100, 2.0, parts)
    assert many == pytest.approx(10 + 8 * 0.5 + 8 * 0.25 + 2), "the last is handed over when all others run"
