"""`hydra/sweeper=tune`: equal budgets, ranges that grow, fresh seeds, and the same rounds from the same runs."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from rich.console import Console

from pretended import KilledError, PretendingBackend
from rnnlab.analysis.comparison import compare
from rnnlab.config.checks.safety import hydra_node
from rnnlab.config.compose import compose_train
from rnnlab.errors import UserError
from rnnlab.report.answer.document import document
from rnnlab.report.answer.next_step import next_step
from rnnlab.report.render import terminal
from rnnlab.report.write import write_report
from rnnlab.sweeps.rounds.command import SweepCommand
from rnnlab.sweeps.rounds.planner import Done, EndedRun, Round, Words
from rnnlab.sweeps.rounds.sweep import sweep_in_rounds
from rnnlab.sweeps.tune.command import tuning
from rnnlab.sweeps.tune.draws import Sampler
from rnnlab.sweeps.tune.groups import Group, asked_of
from rnnlab.sweeps.tune.planner import FreshSeeds, Tuning
from rnnlab.sweeps.tune.ranges import Edge, edges_of, grown
from rnnlab.training.size import flops_of_run
from support import ALONE, Answer, assert_refused
from support import table as table_of

LR = "optimizer.lr=tag(log,interval(5e-4,5e-2))"
LRS = {"optimizer.lr": FloatDistribution(5e-4, 5e-2, log=True)}
RANDOM = Sampler("RandomSampler", 0, {})


def planner(trials: Sequence[int] = (4, 4), sampler: Sampler = RANDOM, extend: int = 2, seeds: int = 3) -> Tuning:
    groups = tuple(Group((f"cell={name}",)) for name in ("rnn", "gru", "lstm")[: len(trials)])
    fresh = tuple(range(1, seeds + 1))
    return Tuning(
        groups, tuple(trials), LRS, sampler, lambda words: FreshSeeds(words, fresh), seeds * len(trials), extend
    )


def played(plan: Tuning, value: Callable[[Words], float]) -> tuple[list[Round], Done]:
    """The rounds of a tuning whose runs reach what a function says."""
    rounds, ended = list[Round](), list[EndedRun]()
    while isinstance(step := plan(ended), Round):
        rounds.append(step)
        ended += [EndedRun(words, seed=seed_of(words), value=value(words)) for words in step.runs]
    return rounds, step


def lr_of(words: Words) -> float:
    return float(next(word for word in words if word.startswith("optimizer.lr=")).partition("=")[2])


def seed_of(words: Words) -> int:
    return int(next((word for word in words if word.startswith("seed=")), "seed=0").partition("=")[2])


def best_at(lr: float) -> Callable[[Words], float]:
    return lambda words: abs(math.log(lr_of(words) / lr))


def test_every_level_has_as_many_draws_of_its_own_and_fresh_seeds() -> None:
    rounds, done = played(planner(), best_at(5e-3))
    assert [step.name for step in rounds] == ["tuning", "confirmation by fresh seeds"]
    draws = {cell: [lr_of(words) for words in rounds[0].runs if words[0] == f"cell={cell}"] for cell in ("rnn", "gru")}
    assert [len(set(lrs)) for lrs in draws.values()] == [4, 4]
    assert not set(draws["rnn"]) & set(draws["gru"])  # independent of each other
    assert {seed_of(words) for words in rounds[0].runs} == {0}
    chosen = {cell: min(lrs, key=lambda lr: abs(math.log(lr / 5e-3))) for cell, lrs in draws.items()}
    assert {(words[0], lr_of(words)) for words in rounds[1].runs} == {(f"cell={c}", lr) for c, lr in chosen.items()}
    assert sorted(map(seed_of, rounds[1].runs)) == [1, 1, 2, 2, 3, 3] and rounds[1].at_most == 0
    assert done.reason == "every level is tuned, and confirmed by 3 fresh seeds"


def test_another_level_changes_no_draw_of_the_first_two() -> None:
    two, three = planner()(()), planner((4, 4, 4))(())
    assert isinstance(two, Round) and isinstance(three, Round) and two.runs == three.runs[:8]


def test_a_range_grows_by_three_where_the_best_lies_at_its_edge_and_is_drawn_from_anew() -> None:
    rounds, done = played(planner((12,)), best_at(0.5))
    assert [step.name for step in rounds[:-1]] == ["tuning", *["tuning from grown ranges"] * 2]
    ranges = [step.record["tuning"][0]["range"]["optimizer.lr"] for step in rounds[:-1]]
    assert [(r["low"], pytest.approx(r["high"])) for r in ranges] == [(5e-4, 0.05), (5e-4, 0.15), (5e-4, 0.45)]
    drawn = [set(map(lr_of, step.runs)) for step in rounds[:-1]]
    assert [len(lrs) for lrs in drawn] == [12] * 3 and not drawn[0] & drawn[1]
    assert lr_of(rounds[-1].runs[0]) in drawn[-1]  # earlier draws do not count
    assert "best at the edge of its range" in done.reason
    assert rounds[0].at_most == 24 + 3 and rounds[2].at_most == 3


def test_a_range_may_be_told_not_to_grow() -> None:
    rounds, done = played(planner((12,), extend=0), best_at(0.5))
    assert [step.name for step in rounds] == ["tuning", "confirmation by fresh seeds"] and "edge" in done.reason


@pytest.mark.parametrize(
    ("key", "distribution", "value", "edge", "ends"),
    [
        ("optimizer.lr", FloatDistribution(1e-3, 1e-1, log=True), 0.09, "high", (1e-3, 0.3)),
        ("optimizer.lr", FloatDistribution(1e-3, 1e-1, log=True), 0.0011, "low", (1e-3 / 3, 0.1)),
        ("optimizer.lr", FloatDistribution(1e-3, 1e-1, log=True), 0.01, None, (1e-3, 0.1)),
        ("model.hidden_size", IntDistribution(16, 64), 62, "high", (16, 192)),
        ("model.hidden_size", IntDistribution(16, 64), 16, "low", (5, 64)),
        ("model.hidden_size", IntDistribution(16, 64, step=16), 64, "high", (16, 192)),
        ("model.hidden_size", IntDistribution(1, 64), 2, None, (1, 64)),  # there is no smaller one
        ("model.dropout", FloatDistribution(0.0, 0.5), 0.01, None, (0.0, 0.5)),  # nor a smaller share
        ("model.dropout", FloatDistribution(0.0, 0.5), 0.49, "high", (0.0, 0.5)),  # 1.5 is none
        ("cell.forget_bias", FloatDistribution(-1.0, 1.0), -0.95, "low", (-3.0, 1.0)),
        ("cell.forget_bias", FloatDistribution(0.0, 2.0), 0.1, "low", (-2.0, 2.0)),
    ],
)
def test_edges_and_grown_ranges(
    key: str, distribution: Any, value: float, edge: str | None, ends: tuple[float, float]
) -> None:
    edges = edges_of({key: value}, {key: distribution})
    assert edges == (() if edge is None else (Edge(key, edge),))  # type: ignore[arg-type]
    after = grown({key: distribution}, edges)[key]
    assert (after.low, after.high) == pytest.approx(ends)  # type: ignore[attr-defined]


def test_a_level_without_a_complete_trial_is_left_out() -> None:
    def value(words: Words) -> float:
        return math.nan if words[0] == "cell=rnn" else best_at(5e-3)(words)

    rounds, _ = played(planner(), value)
    assert {words[0] for words in rounds[-1].runs} == {"cell=gru"}
    rounds, done = played(planner(), lambda _: math.nan)
    assert len(rounds) == 1 and "no trial is complete" in done.reason


@pytest.mark.parametrize("name", ["TPESampler", pytest.param("GPSampler", marks=pytest.mark.slow)])
def test_a_sampler_that_looks_at_trials_plans_the_same_again(name: str) -> None:
    plan = planner((6, 6), Sampler(name, 3, {"n_startup_trials": 3}), extend=0)
    rounds, done = played(plan, best_at(5e-3))
    assert [len(step.runs) for step in rounds] == [6, 2, 2, 2, 6]
    assert played(plan, best_at(5e-3)) == (rounds, done)
    assert done.record["random"] is False


CHOICES = {
    "optimizer.lr": CategoricalDistribution((0.001, 0.01, 0.1)),
    "model.hidden_size": IntDistribution(4, 8, step=4),
}


def test_a_grid_gives_every_level_every_combination_once() -> None:
    plan = replace(planner((6, 6), Sampler("GridSampler", 0, {})), space=CHOICES)
    rounds, done = played(plan, best_at(1e-2))
    assert [len(step.runs) for step in rounds] == [12, 6] and played(plan, best_at(1e-2)) == (rounds, done)
    settings = {cell: {words[1:] for words in rounds[0].runs if words[0] == f"cell={cell}"} for cell in ("rnn", "gru")}
    assert settings["rnn"] == settings["gru"] and len(settings["rnn"]) == 6
    assert done.record["random"] is False


def test_a_quasi_random_sequence_is_the_same_for_every_level_and_spread_evenly() -> None:
    plan = planner((8, 8), Sampler("QMCSampler", 0, {"scramble": True}), extend=0)
    rounds, done = played(plan, best_at(5e-3))
    assert played(plan, best_at(5e-3)) == (rounds, done)
    rates = {cell: [lr_of(words) for words in rounds[0].runs if words[0] == f"cell={cell}"] for cell in ("rnn", "gru")}
    assert rates["rnn"] == rates["gru"]
    logs = np.sort(np.log(rates["rnn"][1:]))  # Optuna draws the first one at random
    assert np.diff(logs).max() < 2.5 * math.log(100) / 7


def test_what_does_not_fit_is_left_out_of_a_sequence() -> None:
    fits = lambda words: "model.hidden_size=8" not in words  # noqa: E731
    plan = replace(planner((3,), Sampler("GridSampler", 0, {})), space=CHOICES, fits=fits)
    rounds, _ = played(plan, best_at(1e-2))
    assert {lr_of(words) for words in rounds[0].runs} == {0.001, 0.01, 0.1}
    with pytest.raises(UserError, match=r"hydra\.sweeper\.trials=4: the sampler has 3 settings for cell=rnn"):
        played(replace(plan, trials=(4,)), best_at(1e-2))


def test_the_ends_of_a_choice_between_numbers_are_edges_that_do_not_grow() -> None:
    assert edges_of({"optimizer.lr": 0.1, "model.hidden_size": 4}, CHOICES) == (
        Edge("optimizer.lr", "high"),
        Edge("model.hidden_size", "low"),
    )
    assert edges_of({"optimizer.lr": 0.01, "model.hidden_size": 4}, CHOICES) == (Edge("model.hidden_size", "low"),)
    assert grown(CHOICES, (Edge("optimizer.lr", "high"),)) == CHOICES
    others = {
        "model.dropout": CategoricalDistribution((0, 0.5)),
        "data.bucketing": CategoricalDistribution((True, False)),
    }
    assert edges_of({"model.dropout": 0, "data.bucketing": True}, others) == ()


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    trials=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    extend=st.integers(0, 2),
    values=st.randoms(use_true_random=False),
)
def test_whatever_runs_reach_planning_is_pure_and_budgets_are_equal(
    seed: int, trials: list[int], extend: int, values: Any
) -> None:
    reached: dict[Words, float] = {}

    def value(words: Words) -> float:
        return reached.setdefault(words, values.choice([math.nan, values.random()]))

    plan = planner(trials, Sampler("RandomSampler", seed, {}), extend)
    rounds, done = played(plan, value)
    assert played(plan, value) == (rounds, done)
    assert 1 <= len(rounds) <= extend + 2
    asked = [words for step in rounds for words in step.runs]
    for step, following in zip(rounds, [*rounds[1:], None], strict=True):
        later = 0 if following is None else sum(len(r.runs) for r in rounds[rounds.index(following) :])
        assert step.at_most is not None and later <= step.at_most
    for group, count in zip(plan.groups, trials, strict=True):
        drawn = [words for words in asked if words[0] == group.words[0] and seed_of(words) == 0]
        assert len(drawn) % count == 0 and len(drawn) <= count * (extend + 1)
        fresh = [words for words in asked if words[0] == group.words[0] and seed_of(words)]
        assert len(fresh) in (0, 3) and len({words[:-1] for words in fresh}) <= 1
    low, high = 5e-4 / 3**extend, 5e-2 * 3**extend
    assert all(low * 0.999 <= lr_of(words) <= high * 1.001 for words in asked)


def test_models_that_are_too_large_are_drawn_again() -> None:
    plan = replace(planner((5,)), fits=lambda words: lr_of(words) < 5e-3)
    rounds, _ = played(plan, best_at(1e-3))
    assert all(lr_of(words) < 5e-3 for words in rounds[0].runs)
    with pytest.raises(UserError, match="most_parameters"):
        replace(plan, fits=lambda _: False)(())


def parsed(*words: str) -> Any:
    return OverridesParser.create().parse_overrides(list(words))


def test_commas_are_compared_and_ranges_are_drawn() -> None:
    asked = asked_of(
        parsed("cell=rnn,gru", "data.batch_size=32,64", LR, "model.hidden_size=range(8,33,8)", "x=1"), None
    )
    assert [group.words for group in asked.groups] == [
        (f"cell={cell}", f"data.batch_size={size}") for cell in ("rnn", "gru") for size in (32, 64)
    ]
    assert (asked.by, asked.within, list(asked.space), asked.fixed) == (
        ("cell",),
        ("data.batch_size",),
        ["optimizer.lr", "model.hidden_size"],
        ("x=1",),
    )
    assert asked_of(parsed("cell=choice(rnn,gru)"), None).space["cell"].choices == ("rnn", "gru")  # type: ignore[attr-defined]
    assert asked_of(parsed("cell=rnn,gru", "data.batch_size=32,64", LR), "batch_size").by == ("data.batch_size",)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("cell=rnn,gru",), "say what to tune"),
        (("cell=rnn,gru", LR, "seed=0,1"), "hydra.sweeper.confirm"),
        (("cell=rnn,gru", LR, "hydra.sweeper.by=lr"), "it is drawn"),
        (("cell=rnn,gru", LR, "hydra.sweeper.by=data"), "compare one of cell"),
        (("cell=rnn,gru", LR, "hydra.sweeper.confirm=1"), "hydra.sweeper.confirm must be"),
        (("cell=rnn,gru", LR, "hydra.sweeper.confirm=rice"), "hydra.sweeper.confirm must be"),
        (("cell=rnn", LR, "hydra.sweeper.confirm=race"), "a race needs two levels"),
        (("cell=rnn,gru", LR, "hydra.sweeper.confirm=race", "hydra.sweeper.most=2"), "hydra.sweeper.most=2"),
        (("cell=rnn,gru", LR, "hydra.sweeper.budget=money"), "hydra.sweeper.budget must be"),
        (("cell=rnn,gru", LR, "hydra/sweeper/sampler=cma-es"), "random, tpe, gp, qmc or grid"),
        (("cell=rnn,gru", LR, "hydra/sweeper/sampler=grid"), "optimizer.lr: the sampler grid needs choices or a range"),
        (
            ("cell=rnn,gru", "optimizer.lr=choice(1e-3,1e-2)", "hydra/sweeper/sampler=grid"),
            "hydra.sweeper.trials=12: the sampler has 2 settings for cell=rnn",
        ),
        (("cell=rnn,gru", LR, "hydra.sweeper.sampler.seed=null"), "hydra.sweeper.sampler.seed"),
        (("cell=rnn,gru", LR, "hydra.sweeper.metric=val/nothing"), "there is no such metric"),
        (("cell=rnn,gru", LR, "model.hidden_size=8", "model.parameters=9000"), "give one of the two"),
    ],
)
def test_what_cannot_be_tuned_is_refused_in_a_line(
    rnnlab: Callable[..., Answer], workdir: Path, words: tuple[str, ...], named: str
) -> None:
    assert_refused(rnnlab("train", "-m", "hydra/sweeper=tune", "sweep=t", *words), [named])
    assert not (workdir / "runs").exists()


def command(*words: str) -> tuple[Tuning, SweepCommand]:
    composed = compose_train(["-m", "hydra/sweeper=tune", "debug=fast", "sweep=tuned", *words])
    node = hydra_node(composed.config)["sweeper"]
    return tuning(composed.loader, composed.config, parsed("debug=fast", "sweep=tuned", *words[1:]), node)


def loss(config: dict[str, Any]) -> float:
    lr, size = config["optimizer"]["lr"], config["model"]["hidden_size"]
    return abs(math.log(lr / 0.04)) + 1 / size + 0.01 * config["seed"]  # the best lies at the edge of the range


def test_a_budget_of_steps_gives_four_times_the_trials_where_a_training_has_a_quarter_of_the_steps() -> None:
    """Four trials on average, of 2 and of 8 steps: 20 steps each."""
    plan, _ = command("hydra.sweeper.trials=4", "hydra.sweeper.budget=steps", LR, "trainer.max_steps=2,8")
    assert dict(zip([group.words[-1] for group in plan.groups], plan.trials, strict=True)) == {
        "trainer.max_steps=2": 10,
        "trainer.max_steps=8": 2,
    }


def test_a_budget_of_operations_is_spent_alike_by_every_cell() -> None:
    settings = ("hydra.sweeper.trials=20", "hydra.sweeper.budget=flops")
    plan, swept = command(*settings, "cell=rnn,lstm", LR, "model.hidden_size=64")
    runs = swept.plan([(*group.words, "optimizer.lr=0.01") for group in plan.groups])
    costs = [flops_of_run(run.config, run.prepared) for run in runs if run.prepared]
    spent = [count * float(cost or 0) for count, cost in zip(plan.trials, costs, strict=True)]
    assert plan.trials[0] > plan.trials[1] and abs(spent[0] - spent[1]) < max(map(float, filter(None, costs)))


def test_killed_at_any_moment_a_tuning_ends_with_the_same_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, swept = command("hydra.sweeper.trials=3", "model.hidden_size=4,8", LR)
    whole = PretendingBackend(loss)
    ends = []
    for moment in (None, 6, 13):
        (tmp_path / str(moment)).mkdir()
        monkeypatch.chdir(tmp_path / str(moment))
        killed, rest = PretendingBackend(loss, most=moment), PretendingBackend(loss) if moment else whole
        if moment:
            with pytest.raises(KilledError):
                sweep_in_rounds("tune", plan, swept, killed)
        done = sweep_in_rounds("tune", plan, swept, rest)
        assert sorted([*killed.trained, *rest.trained]) == sorted(whole.trained)
        ends.append((done, Path("runs/tuned/rounds.json").read_text()))
    assert len(whole.trained) > 13 and all(end == ends[0] for end in ends)


@pytest.mark.parametrize(("ahead", "seeds", "best"), [(1.0, {3}, "gru"), (0.0, {8}, None)])
def test_a_race_ends_a_tuning_when_fresh_seeds_have_decided(
    workdir: Path, ahead: float, seeds: set[int], best: str | None
) -> None:
    def loss(config: dict[str, Any]) -> float:
        cell, seed = config["cell"]["name"], config["seed"]
        luck = np.random.default_rng([seed, len(cell)]).standard_normal()
        return 2 + 0.05 * float(luck) - ahead * (cell == "gru")

    race = ("hydra.sweeper.confirm=race", "hydra.sweeper.first=3", "hydra.sweeper.most=8")
    plan, swept = command(*race, "hydra.sweeper.trials=2", "hydra.sweeper.extend=0", "cell=lstm,gru", LR)
    done = sweep_in_rounds("tune", plan, swept, PretendingBackend(loss))
    assert ("is the best" in done.reason) == (best is not None)
    answer = compare([workdir / "runs/tuned"]).answer
    (group,) = document(answer)["groups"]
    assert {level["seeds"] for level in group["levels"]} == seeds  # those of the tuning are not among them
    verdicts = {(one["first"], one["verdict"]) for one in group["contrasts"]}
    assert verdicts == ({("gru", "better")} if best else {(group["best"], "undecided")})
    assert document(answer)["race"]["groups"][0]["looks"] == (1 if best else 6)


@pytest.mark.parametrize(
    "begun", ["rnnlab train -m hydra/sweeper=tune cell=lstm,gru", "rnnlab study name=fair", "python mine.py", None]
)
def test_a_report_of_a_race_under_way_has_the_command_that_goes_on_with_it(workdir: Path, begun: str | None) -> None:
    race = ("hydra.sweeper.confirm=race", "hydra.sweeper.trials=2", "hydra.sweeper.extend=0")
    plan, swept = command(*race, "cell=lstm,gru", LR)
    with pytest.raises(KilledError):
        sweep_in_rounds("tune", plan, swept, PretendingBackend(lambda config: 1 + config["seed"] / 9, 7, begun))
    answer = compare([workdir / "runs/tuned"]).answer
    goes_on = begun if begun and begun.startswith("rnnlab") else None
    assert document(answer)["next"] == goes_on
    assert next_step(answer).why == f"The race goes on with the command that began it{':' if goes_on else '.'}"


@pytest.mark.launchers
def test_a_small_tuning_is_trained_and_compared_by_its_fresh_seeds(rnnlab: Callable[..., Answer]) -> None:
    words = ("hydra/sweeper=tune", "hydra.sweeper.trials=2", "hydra.sweeper.confirm=2", "hydra.sweeper.extend=0")
    sweep = ("-m", *words, "cell=rnn,gru", LR, "model.parameters=6000", "debug=fast", "trainer.max_epochs=1", ALONE)
    answer = rnnlab("train", *sweep)
    assert answer.code == 0, answer.err
    assert (
        "cell=rnn: model.hidden_size=22 has 5,972 parameters" in answer.err
        and "cell=gru: model.hidden_size=" in answer.err
    )
    assert "done: every level is tuned, and confirmed by 2 fresh seeds" in answer.err
    import rnnlab as package

    compared = package.compare("names")
    (group,) = compared.answer["groups"]
    assert compared.answer["question"]["by"] == "cell" and compared.answer["question"]["tune"] == ["lr"]
    assert {level["level"]: level["seeds"] for level in group["levels"]} == {"rnn": 2, "gru": 2}


def test_a_report_knows_the_ranges_that_settings_were_drawn_from(workdir: Path) -> None:
    from rnnlab.report.figures.tuning_curves import tuning_curves

    plan, swept = command("hydra.sweeper.trials=4", "hydra.sweeper.extend=1", "model.hidden_size=4,8", LR)
    sweep_in_rounds("tune", plan, swept, PretendingBackend(lambda config: loss(config) - 2 * config["optimizer"]["lr"]))
    import rnnlab as package

    compared = package.compare("tuned", by="model.hidden_size")
    (group,) = compared.answer["groups"]
    assert all(level["seeds"] == 5 for level in group["levels"])
    drawn = [run for run in compared.comparison.complete if run.draw is not None]
    assert {run.draw.group for run in drawn} == {"hidden_size=4", "hidden_size=8"}  # type: ignore[union-attr]
    chosen = {run.config["optimizer.lr"] for run in compared.comparison.complete if run.draw is None}
    at_edge = [run for run in drawn if run.config["optimizer.lr"] in chosen and run.draw.at_edge]  # type: ignore[union-attr]
    assert sorted(level["level"] for level in group["levels"] if level["at_edge"]) == sorted(
        str(run.config["model.hidden_size"]) for run in at_edge
    )
    (chart,) = tuning_curves(compared.comparison)
    assert [len(line.x) for line in chart.lines] == [4, 4] and all(line.has_band for line in chart.lines)


def test_a_report_ranks_what_was_chosen_by_the_results_of_the_answer_and_leaves_trials_to_summary_csv(
    workdir: Path,
) -> None:
    def loss(config: dict[str, Any]) -> float:
        cell, seed = config["cell"]["name"], config["seed"]
        luck = float(np.random.default_rng([seed, len(cell)]).standard_normal())
        accident = 90 if (cell, seed) == ("gru", 2) else 0
        return 2 + abs(math.log(config["optimizer"]["lr"] / 5e-3)) + 0.01 * luck - (seed == 0) + accident

    trials = ("hydra.sweeper.trials=3", "hydra.sweeper.extend=0", "hydra.sweeper.confirm=5")
    plan, swept = command(*trials, "cell=lstm,gru", LR)
    sweep_in_rounds("tune", plan, swept, PretendingBackend(loss))
    comparison = compare([workdir / "runs/tuned"])
    (group,) = document(comparison.answer)["groups"]
    levels = {level["level"]: level for level in group["levels"]}
    table = comparison.table.set_index("cell")
    assert set(table.index) == set(levels) == {"gru", "lstm"}
    for cell, level in levels.items():
        row = table.loc[cell]
        assert (row["val_loss"], row["seeds"], row["lr"]) == (level["value"], level["seeds"], level["tuned"]["lr"])
        assert row["val_loss_half"] == pytest.approx((level["high"] - level["low"]) / 2)
        assert not any(run.seed == 0 or (cell == "gru" and run.seed == 2) for run in row["runs"])
    assert table["seeds"].to_dict() == {"gru": 4, "lstm": 5}
    folder = workdir / "runs/tuned/report"
    report, page = write_report(comparison, folder)
    said = "has the 2 settings that tuning chose, with fresh seeds alone; all 6 that it tried are in summary.csv."
    console = Console(file=io.StringIO(), width=200)
    terminal(comparison, console)
    for text in (report.read_text(), page.read_text(), console.file.getvalue()):  # type: ignore[attr-defined]
        assert said in " ".join(text.split())
    ranked = report.read_text().partition("| cell | lr |")[2].partition("\n\n")[0]
    assert len(ranked.splitlines()) == 2 + 2  # the rest of its head, the rule, and the two
    assert len(table_of(folder / "summary.csv")) == 6 and len(table_of(folder / "results.csv")) == 6 + 10
