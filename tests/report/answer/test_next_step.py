"""What a report says comes next: beyond the edge of a range, or seeds, for those that lack them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rnnlab.analysis.answer import Answer, answer
from rnnlab.analysis.configurations import configurations
from rnnlab.analysis.inference.judgement import Group, Rules, judge
from rnnlab.analysis.inference.observations import Observation
from rnnlab.analysis.open_verdict import is_closed, open_verdict
from rnnlab.analysis.planned_seeds import MOST
from rnnlab.analysis.question import Asked, question
from rnnlab.records.reading import Run
from rnnlab.records.rounds import Draw
from rnnlab.report.answer.commands import merged
from rnnlab.report.answer.document import document
from rnnlab.report.answer.headline import headline
from rnnlab.report.answer.next_step import next_step
from rnnlab.report.figures.answer import answer_chart, chart_notes

LR = "optimizer.lr"
TRIED = {"rnn": {0.01: 2.3, 0.03: 2.0, 0.11: 2.4}, "lstm": {0.02: 2.2, 0.09: 1.9, 0.004: 2.5}}  # losses


def drawn(cell: str, lr: float, loss: float, beginning: str) -> Run:
    """A run with which a tuning tried a learning rate between 0.002 and 0.12."""
    summary = {"metrics": {"best": {"val/loss": loss}}, "repeat": f"rnnlab train {beginning}cell={cell} {LR}={lr}"}
    draw = Draw(f"cell={cell}", 1, at_edge=(LR,) if lr in (0.09, 0.11) else ())
    return Run(Path(f"{cell}-{lr}"), "complete", "", {"cell.name": cell, LR: lr, "seed": 0}, summary, draw=draw)


@pytest.mark.parametrize("beginning", ["", "-cd experiments/cells -cn study "])
def test_beyond_the_upper_edge_lies_a_larger_number_whatever_another_level_has_drawn(beginning: str) -> None:
    runs = [drawn(cell, lr, loss, beginning) for cell, row in TRIED.items() for lr, loss in row.items()]
    asked = Asked(by=("cell.name",), tune=(LR,))
    step = next_step(answer(question(configurations(runs), [runs[0].measure], asked), runs))
    assert step.why.startswith("lstm is best at the edge of what was tried, lr 0.09; beyond it may lie something")
    if beginning:  # its sweeper gives seeds, and refuses those of a command
        assert step.command is None and "study.yaml" in step.why
    else:
        assert step.command == "rnnlab train -m cell=lstm optimizer.lr=0.27 seed=0"


def trained(loss: float, seed: int, **config: Any) -> Run:
    """A run that was trained by a command of its own; a loss that is no number is one that diverged."""
    keys = {key.replace("__", "."): value for key, value in config.items()}
    words = " ".join(f"{'cell' if key == 'cell.name' else key}={value}" for key, value in keys.items())
    summary = {"metrics": {"best": {"val/loss": loss}}, "repeat": f"rnnlab train {words} sweep=s seed={seed}"}
    status, reason = ("complete", "") if math.isfinite(loss) else ("failed", "loss became nan at step 3")
    place = Path("-".join(map(str, (*config.values(), seed))))
    return Run(place, status, reason, {**keys, "seed": seed}, summary)


def asked(runs: Sequence[Run], **roles: Any) -> Answer:
    complete = [run for run in runs if run.is_complete]
    others = [run for run in runs if not run.is_complete]
    return answer(question(configurations(complete), [runs[0].measure], Asked(**roles)), complete, others)


def of_cells(losses: dict[str, Sequence[float]], **config: Any) -> list[Run]:
    return [
        trained(loss, seed, cell__name=cell, **config) for cell, row in losses.items() for seed, loss in enumerate(row)
    ]


def test_each_level_is_given_the_seeds_that_it_lacks() -> None:
    step = next_step(asked(of_cells({"gru": (2.0, 2.01, 2.02, 2.03), "rnn": (2.04,)})))
    assert step.command == "rnnlab train -m cell=rnn sweep=s seed=1,2" and "2 more of rnn" in step.why


def test_levels_with_the_same_seeds_get_the_same_ones() -> None:
    step = next_step(asked(of_cells({"gru": (2.0, 2.01), "rnn": (2.012, 2.022)})))
    said = re.search(r"About (\d+) seeds of gru and rnn would decide it, (\d+) more than there are:", step.why)
    assert said and int(said[1]) == int(said[2]) + 2
    assert step.command and step.command.startswith("rnnlab train -m cell=gru,rnn sweep=s ")


def test_a_verdict_on_the_mean_of_all_sizes_gets_seeds_at_all_of_them() -> None:
    rows = {"gru": (2.0, 2.02, 2.04), "lstm": (2.015, 2.035, 2.055)}
    runs = [run for size in (16, 32) for run in of_cells(rows, model__hidden_size=size)]
    made = asked(runs, by=("cell.name",), within=("model.hidden_size",))
    assert made.overall is not None and next_step(made).command is not None
    assert "cell=gru,lstm model.hidden_size=16,32 sweep=s" in str(next_step(made).command)


def test_more_seeds_are_not_said_to_decide_what_diverged_runs_keep_open() -> None:
    """One of gru's five seeds ended far off: with it gru is worse, without it better."""
    made = asked(of_cells({"gru": (2.0, 2.001, 2.002, 2.003, 7.0), "rnn": (2.1, 2.101, 2.102, 2.103, 2.104)}))
    assert made.groups[0].candidates == ("gru", "rnn")
    step = next_step(made)
    assert step.command is None and "1 of gru" in step.why and "gradient_clip_val" in step.why


def test_a_level_that_diverged_in_every_run_has_no_result() -> None:
    made = asked(of_cells({"gru": (math.nan,) * 4, "rnn": (2.1, 2.11, 2.12, 2.13), "lstm": (2.0, 2.01, 2.02, 2.03)}))
    assert "gru diverged in every run" in headline(made) and "rnn is worse by" in headline(made)
    (group,) = document(made)["groups"]
    (lost,) = [level for level in group["levels"] if level["level"] == "gru"]
    assert lost["value"] is lost["low"] is None and lost["diverged"] == 4
    with_gru = [one for one in group["contrasts"] if "gru" in (one["first"], one["second"])]
    (chart,) = answer_chart(Compared(made))
    (drawn,) = [row for panel in chart.panels for row in panel.rows if row.label == "gru"]
    assert math.isnan(drawn.main.value) and drawn.text == "diverged in every run"
    assert len(with_gru) == 2 and all(one["difference"] is one["p"] is None for one in with_gru)


def test_a_level_that_was_not_tried_everywhere_is_not_passed_over() -> None:
    """lstm is the best, and there is none of the smaller size."""
    small = of_cells({"gru": (2.0, 2.01, 2.02), "rnn": (2.1, 2.11, 2.12)}, model__hidden_size=16)
    rows = {"gru": (1.8, 1.81, 1.82), "rnn": (1.9, 1.91, 1.92), "lstm": (1.7, 1.71, 1.72)}
    made = asked([*small, *of_cells(rows, model__hidden_size=64)], by=("cell.name",), within=("model.hidden_size",))
    assert made.overall is None and "at hidden_size 64 lstm beats" in headline(made)
    assert next_step(made).command == "rnnlab train -m cell=lstm sweep=s model.hidden_size=16 seed=0,1,2"
    assert [warning["kind"] for warning in document(made)["warnings"]] == ["untried"]


def test_one_that_is_worse_where_it_was_tried_leaves_the_verdict_on_the_mean() -> None:
    small = of_cells({"gru": (2.0, 2.01, 2.02), "lstm": (2.1, 2.11, 2.12)}, model__hidden_size=16)
    rows = {"gru": (1.8, 1.81, 1.82), "lstm": (1.9, 1.91, 1.92), "rnn": (2.7, 2.71, 2.72)}
    made = asked([*small, *of_cells(rows, model__hidden_size=64)], by=("cell.name",), within=("model.hidden_size",))
    assert made.overall is not None and next_step(made).why == "The question is decided."


@pytest.mark.parametrize(
    ("key", "values", "is_edge"),
    [
        ("model.dropout", (0.0, 0.2, 0.4), False),
        ("optimizer.weight_decay", (0.0, 0.01, 0.1), False),
        ("data.batch_size", (1, 8, 64), False),
        ("optimizer.lr", (0.001, 0.01, 0.1), True),
        ("data.batch_size", (2, 8, 64), True),
    ],
)
def test_beyond_the_end_of_what_a_key_can_be_lies_nothing_better(
    key: str, values: tuple[float, ...], is_edge: bool
) -> None:
    runs = [
        trained(2 + place / 10 + seed / 1000 + (cell == "rnn"), seed, **{"cell.name": cell, key: value})
        for place, value in enumerate(values)
        for cell in ("gru", "rnn")
        for seed in range(3)
    ]
    made = asked(runs, by=("cell.name",), tune=(key,))
    assert [bool(level.at_edge) for level in made.groups[0].levels] == [is_edge] * 2


def test_commands_that_are_every_combination_are_one_and_others_few() -> None:
    alike = [["cell=gru", "h=8", f"lr={lr}"] for lr in (1, 2)]
    crossed = [[f"cell={cell}", f"h={size}"] for cell in ("gru", "rnn") for size in (8, 16)]
    assert merged(alike) == [["cell=gru", "h=8", "lr=1,2"]]
    assert merged(crossed) == [["cell=gru,rnn", "h=8,16"]]
    assert merged(crossed[:3]) == [["cell=gru", "h=8,16"], ["cell=rnn", "h=8"]]
    assert merged([["cell=gru", "h=8"], ["h=8", "cell=rnn"]]) == [["cell=gru", "h=8"], ["h=8", "cell=rnn"]]


@pytest.mark.parametrize("levels", [2, 3, 6])
def test_the_planned_seeds_decide_about_as_often_as_they_promise(levels: int) -> None:
    """The best of some levels is two deviations ahead; what is planned from three seeds each is then trained."""
    random, decided = np.random.default_rng(levels), []
    for _ in range(120):
        values = random.normal(size=(levels, MOST)) + 10 + 2 * (np.arange(levels) > 0)[:, None]
        verdict = open_verdict(Opened(of_seeds(values[:, :3])))
        if verdict is not None and (seeds := verdict.seeds(0.01)) <= MOST:
            groups = of_seeds(values[:, : max(4, seeds)])
            decided.append(is_closed(groups[0].candidates, groups[0].contrasts))
    assert len(decided) > 50 and np.mean(decided) >= 0.75


def test_the_chart_of_an_answer_says_what_it_leaves_out() -> None:
    """Twenty of thirty sizes are drawn, and eight of nine settings."""
    sizes = [
        trained(2 + size / 100 + seed / 1000, seed, **{"cell.name": "gru", "model.hidden_size": size})
        for size in range(1, 31)
        for seed in range(2)
    ]
    (notes,) = chart_notes(asked(sizes, by=("model.hidden_size",)))
    assert "20 of 30 levels" in notes and "answer.json" in notes
    settings = [
        run for size in range(1, 10) for run in of_cells({"gru": (2.0,), "rnn": (2.1,)}, model__hidden_size=size)
    ]
    (notes,) = chart_notes(asked(settings, by=("cell.name",), within=("model.hidden_size",)))
    assert "8 of 9 settings" in notes
    few = of_cells({"gru": (2.0,), "rnn": (2.1,)})
    assert chart_notes(asked(few)) == []


@dataclass
class Compared:
    """What of a comparison its answer's chart is drawn from."""

    answer: Answer


@dataclass
class Opened:
    """What of an answer says whether a verdict is open."""

    groups: tuple[Group, ...]
    overall: None = None
    raced: None = None


def of_seeds(values: NDArray[np.float64]) -> tuple[Group, ...]:
    seen = [
        Observation(f"level {row}", (), (), seed, float(value), math.nan, None)
        for row, line in enumerate(values)
        for seed, value in enumerate(line)
    ]
    return judge(seen, Rules(worth=0.01)).groups
