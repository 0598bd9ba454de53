"""The headline: short, of few figures, and never more certain than answer.json."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.analysis.answer import Answer, answer
from rnnlab.analysis.configurations import configurations
from rnnlab.analysis.question import Asked, question
from rnnlab.records.reading import Run
from rnnlab.report.answer.document import document
from rnnlab.report.answer.headline import MOST_WORDS, headline
from rnnlab.report.answer.sentences import cautions, decides, sentences
from rnnlab.report.tables.contrasts import contrast_tables
from rnnlab.report.tables.latex import latex_table

CELLS = ("gru", "lstm", "rnn", "layernorm_lstm", "lru", "irnn", "mingru", "transformer")
RESULT = re.compile(r"\d+\.\d+")  # here no level and no setting has a point, and every result does


def run(loss: float, seed: int, **config: Any) -> Run:
    """A run as it is read from a folder."""
    name = "-".join(map(str, (*config.values(), seed)))
    keys = {key.replace("__", "."): value for key, value in config.items()}
    return Run(Path(name), "complete", "", {**keys, "seed": seed}, {"metrics": {"best": {"val/loss": loss}}})


def asked(runs: Sequence[Run], **roles: Any) -> Answer:
    """The answer of runs to a question."""
    return answer(question(configurations(runs), [runs[0].measure], Asked(**roles)), runs)


def sweep(losses: dict[str, Iterable[float]], **config: Any) -> list[Run]:
    """A run for each loss of each cell, with seeds 0, 1, 2, …"""
    return [run(loss, seed, cell__name=cell, **config) for cell, row in losses.items() for seed, loss in enumerate(row)]


def test_what_is_worse_is_said_with_the_difference_to_the_nearest() -> None:
    said = headline(
        asked(sweep({"gru": (2.03, 2.032, 2.034), "lstm": (2.05, 2.052, 2.054), "rnn": (2.2, 2.202, 2.204)}))
    )
    assert said == "Use gru: validation loss 2.032 nats per token; lstm and rnn are worse by at least 0.020."


def test_what_another_than_the_best_beats_is_said() -> None:
    """The best is the mean of seeds that learn and seeds that do not, so that it beats nothing; the second does."""
    rows = {"2": (0.03, 0.66, 0.02, 0.65, 0.1, 0.6), "1": (0.36, 0.37, 0.38, 0.36, 0.4, 0.37)}
    runs = [run(loss, seed, cell__forget_bias=int(bias)) for bias, row in rows.items() for seed, loss in enumerate(row)]
    runs += [run(0.692 + seed / 1e4, seed, cell__forget_bias=0) for seed in range(4)]
    assert headline(asked(runs)) == (
        "No forget_bias is shown to be best: forget_bias 2 leads, validation loss 0.3 nats per token; forget_bias 1"
        " could still be best; forget_bias 0 is worse than 1 by 0.32."
    )


def test_losses_below_a_millionth_are_no_noughts_and_a_list_is_called_by_all_of_it() -> None:
    small = headline(asked(sweep({"gru": (1e-9, 1.1e-9, 1.2e-9), "rnn": (5e-9, 5.1e-9, 5.2e-9)})))
    assert "1.1e-09 nats per token" in small and "worse by 4e-09" in small
    lists = [
        run(loss + seed / 100, seed, model__sizes=sizes) for loss, sizes in ((2, [1, 2]), (3, [4])) for seed in (0, 1)
    ]
    assert "sizes [1, 2]" in headline(asked(lists))


def test_seeds_that_overlap_show_nothing_to_be_better() -> None:
    said = headline(asked(sweep({"gru": (2.05, 2.06, 2.07), "rnn": (2.055, 2.065, 2.075)}), worth=0.0))
    assert said.startswith("No cell is shown to be better: gru leads") and said.endswith("rnn could still be best.")


def test_of_a_difference_not_worth_having_either_is_as_good() -> None:
    rows = {"gru": (2.0, 2.001, 2.002, 2.003), "lstm": (2.001, 2.002, 2.003, 2.004)}
    assert headline(asked(sweep(rows), worth=0.02)).endswith("lstm is practically as good.")


BASE = {"model__dropout": 0, "model__embedding_dropout": 0, "model__tie_weights": False, "optimizer__weight_decay": 0}
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"model__dropout": 0.4},
    {"model__embedding_dropout": 0.2},
    {"model__tie_weights": True},
    {"optimizer__weight_decay": 1},
    {"model__dropout": 0.4, "model__embedding_dropout": 0.2},
)


def changed(*losses: float) -> list[Run]:
    """Three runs of a base and of each change of it, around a loss each."""
    return [
        run(loss + seed / 1000, seed, **{**BASE, **changes})
        for changes, loss in zip(CHANGES, losses, strict=True)
        for seed in range(3)
    ]


def test_changes_of_a_base_are_compared_and_called_by_what_they_change() -> None:
    """In place of `0, 0.2, false, 0`; without being asked, though levels are tuned by most of these keys."""
    found = asked(changed(2.1, 2.05, 2.0, 2.2, 2.1, 2.02))
    assert headline(found) == (
        "Use embedding_dropout 0.2: validation loss 2.0010 nats per token; dropout 0.4 + embedding_dropout 0.2,"
        " dropout 0.4 and 3 others are worse by at least 0.020."
    )
    levels = [level["level"] for level in document(found)["groups"][0]["levels"]]
    assert {*levels[:3]} == {"embedding_dropout 0.2", "dropout 0.4 + embedding_dropout 0.2", "dropout 0.4"}
    assert {*levels[3:]} == {"the base", "weight_decay 1", "tie_weights true"}
    said = sentences(found)
    assert "Which change of the base has the lowest" in said[0]
    assert "The base has dropout 0, embedding_dropout 0, tie_weights false and weight_decay 0." in said[0]


def test_of_changes_a_person_may_still_ask_for_one_key() -> None:
    found = asked(changed(2.1, 2.05, 2.0, 2.2, 2.1, 2.02), by=["model.dropout"])
    assert [level.name for level in found.groups[0].levels] == ["0", "0.4"]


def test_what_a_search_gave_up_is_neither_missing_nor_untried() -> None:
    """Networks beyond a search's limit of parameters: the largest one below it is not at the edge of what was tried."""
    runs = [
        run(loss, 0, cell__name=cell, model__hidden_size=units, data__batch_size=batch)
        for cell, units, batch, loss in (
            ("gru", 64, 16, 2.0),
            ("gru", 32, 32, 2.1),
            ("rnn", 64, 16, 2.2),
            ("rnn", 32, 32, 2.3),
        )
    ]
    roles = {"by": ["cell"], "tune": ["hidden_size", "batch_size"]}
    wide = run(0, 0, cell__name="gru", model__hidden_size=128, data__batch_size=32)
    given_up = replace(wide, status="pruned", reason="38,252 parameters are more than 30,000", summary={})
    metrics = [runs[0].measure]
    found = answer(question(configurations(runs), metrics, Asked(**roles)), runs, [given_up])
    assert {level.name: level.at_edge for level in found.groups[0].levels} == {
        "gru": ("batch_size",),
        "rnn": ("hidden_size", "batch_size"),
    }
    assert not any("no result" in line for line in cautions(found))
    unfinished = answer(found.question, runs, [replace(given_up, status="interrupted")])
    assert any("1 planned run has no result" in line for line in cautions(unfinished))


def test_an_order_over_a_few_items_is_doubted_whatever_the_seeds_say() -> None:
    for count, said in ((4, "Validation has 4 items"), (1, "Validation has 1 item:"), (30, ""), (None, "")):
        runs = sweep({"gru": (2.0, 2.01, 2.02), "rnn": (2.2, 2.21, 2.22)})
        runs = [replace(one, summary={**one.summary, "data": {"validation_count": count}}) for one in runs]
        lines = " ".join(cautions(asked(runs)))
        assert (said in lines) if said else "Validation has" not in lines


def test_yes_and_no_are_said_with_their_key() -> None:
    rows = {True: (2.0, 2.01, 2.02), False: (2.2, 2.21, 2.22)}
    runs = [run(loss, seed, data__bucketing=value) for value, row in rows.items() for seed, loss in enumerate(row)]
    assert headline(asked(runs)).endswith("; bucketing false is worse by 0.200.")
    assert headline(asked(runs)).startswith("Use bucketing true: ")
    mixed = [replace(one, config={**one.config, "cell.name": "gru"}) for one in runs] + [
        run(3.0 + seed / 100, seed, data__bucketing=True, cell__name="rnn") for seed in range(3)
    ]
    assert headline(asked(mixed, by=["cell", "bucketing"])).startswith("Use gru bucketing true: ")


def test_one_seed_cannot_tell() -> None:
    said = headline(asked(sweep({"gru": (2.0,), "lstm": (2.1,), "rnn": (2.9,)})))
    assert said == "One seed cannot tell gru from lstm and rnn: gru comes first, validation loss 2.000 nats per token."


def test_what_lies_around_nought_has_no_sign_in_the_table_of_differences() -> None:
    table = contrast_tables(asked(sweep({"gru": (2.0, 2.3), "lstm": (2.01, 2.3), "rnn": (2.02, 2.31)})))
    assert re.search(r"\| 0(\.0+)? \|", table) and not re.search(r"-0(\.0+)? ", table)


def test_one_configuration_has_nothing_to_be_compared_with() -> None:
    alone = asked(sweep({"gru": (2.0, 2.1)}))
    assert headline(alone) == (
        "There is one configuration, gru, and nothing to compare it with: validation loss 2.0 nats per token."
    )
    assert sentences(alone) == [] and decides(alone).command is None


def test_an_order_is_said_to_depend_on_a_size_only_where_it_was_shown_to() -> None:
    luck = (0.0, 0.002, 0.004)

    def crossing(by: float) -> Answer:
        runs = []
        for size, sign in ((8, 1), (64, -1)):
            losses = {"gru": [2 + sign * by + more for more in luck], "lstm": [2 - sign * by + more for more in luck]}
            runs += sweep(losses, model__hidden_size=size)
        return asked(runs)

    assert headline(crossing(0.1)) == (
        "Which cell is best depends on hidden_size: at hidden_size 8 lstm beats gru (1.902); at hidden_size 64 gru"
        " beats lstm (1.902)."
    )
    assert not headline(crossing(0.0)).startswith("Which")
    runs = sweep({"gru": [2 + more for more in luck], "lstm": [2.01 + more for more in luck]}, model__hidden_size=8)
    runs += sweep({"gru": [1.5 + more for more in luck], "lstm": [1.9 + more for more in luck]}, model__hidden_size=64)
    assert headline(asked(runs)).startswith("How much cell matters depends on hidden_size: at hidden_size 8 gru ")
    apart = sweep({"gru": [2 + more for more in luck]}, model__hidden_size=8)
    apart += sweep({"lstm": [1.8 + more for more in luck]}, model__hidden_size=64)
    said = headline(asked(apart, by=["cell"], within=["hidden_size"]))
    assert said == (
        "Separately for each hidden_size: at hidden_size 8 there is only gru (2.002); at hidden_size 64 there is only"
        " lstm (1.802)."
    )


def test_a_rate_is_written_as_it_was_typed_even_where_a_product_left_digits_behind() -> None:
    rates = {0.0002: 2.2, 6e-4: 2.1, 3 * 2e-4: 2.1, 1e-5: 2.9}
    assert repr(3 * 2e-4) == "0.0006000000000000001"
    runs = [
        run(loss + seed / 1000, seed, optimizer__lr=rate, cell__name=cell)
        for rate, loss in rates.items()
        for seed in range(3)
        for cell in ("gru", "lstm")
    ]
    for roles in ({"by": ["lr"]}, {"by": ["cell"]}):
        seen = asked(runs, **roles)
        text = "\n".join([headline(seen), *sentences(seen), *cautions(seen), contrast_tables(seen), latex_table(seen)])
        assert "0.0006" in text and "00000000" not in text


def drawn_sweep(draw: st.DrawFn) -> tuple[list[Run], dict[str, Any]]:
    """A sweep of cells, sizes, lengths and rates, with gaps, luck and accidents, and a question to it."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cells = CELLS[: draw(st.integers(1, len(CELLS)))]
    sizes, lengths, rates = (draw(st.integers(1, 3)) for _ in range(3))
    seeds, luck = draw(st.integers(1, 4)), draw(st.sampled_from([0.0, 0.001, 0.02]))
    effect, crossing, lost = (draw(st.sampled_from([0.0, 0.01, 0.1])) for _ in range(3))
    runs = []
    for (rank, cell), size, length, rate in itertools.product(
        enumerate(cells), range(sizes), range(lengths), range(rates)
    ):
        base = 2 + effect * rank + crossing * ((rank + size + length) % 3) + 0.01 * rate
        for seed in range(seeds):
            if random.random() >= lost or not runs:
                loss = base + luck * random.standard_normal() + (5.0 if random.random() < lost / 2 else 0.0)
                config = {"model__hidden_size": 8 * (size + 1), "data__sequence_length": 16 * (length + 1)}
                runs.append(run(loss, seed, cell__name=cell, optimizer__lr=rate + 1, **config))
    by = draw(st.sampled_from([None, ["cell"], ["hidden_size"], ["cell", "hidden_size", "sequence_length"]]))
    return runs, {"by": by, "worth": draw(st.sampled_from([None, 0.0, 0.05]))}


@settings(max_examples=75, deadline=None)
@given(st.composite(drawn_sweep)())
def test_a_headline_is_short_has_two_figures_and_calls_nothing_better_that_is_undecided(
    case: tuple[list[Run], dict[str, Any]],
) -> None:
    runs, roles = case
    seen = asked(runs, **roles)
    said, written = headline(seen), document(seen)
    assert len(said.split()) <= MOST_WORDS == 30, said
    assert len(RESULT.findall(said)) <= 2, said
    assert not re.search(r"\d\.(?!\d|$)", said), said
    assert "nan" not in said and "p = 1.00" not in contrast_tables(seen)
    if "worse by" in said:
        main = written["groups"][0] if len(written["groups"]) == 1 else written["overall"]
        worse = {
            one["second"] for one in main["contrasts"] if (one["first"], one["verdict"]) == (main["best"], "better")
        }
        lost = {level["level"] for group in written["groups"] for level in group["levels"] if level["value"] is None}
        assert _named(said, "worse by") == len(worse - lost), said
    for loser, winner in re.findall(r"(\w+) is worse than (\w+)", said) if len(seen.question.by) == 1 else ():
        main = written["groups"][0] if len(written["groups"]) == 1 else written["overall"]
        won = [one for one in main["contrasts"] if {one["first"], one["second"]} == {loser, winner}]
        assert [one["verdict"] for one in won] == ["better" if won[0]["first"] == winner else "worse"], said
    for group in written["groups"]:
        if f"at {', '.join(f'{k} {v}' for k, v in group['within'].items())} {group['best']} beats" in said:
            assert any(one["verdict"] == "better" for one in group["contrasts"]), said


def _named(said: str, verdict: str) -> int:
    """Return how many levels a clause of the headline is about."""
    (clause,) = [one for one in said.split(";") if verdict in one]
    names = re.split(r", | and ", re.split(r" (?:is|are) ", clause)[0].strip())
    return sum(int(name.split()[0]) if name.endswith("others") else 1 for name in names)


def test_every_two_levels_have_a_difference_in_the_table_behind_it() -> None:
    rows = {"gru": (0.90, 0.91, 0.92), "lstm": (0.89, 0.90, 0.91), "rnn": (0.70, 0.71, 0.72)}
    table = contrast_tables(asked(sweep(rows)))
    verdicts = re.findall(r"^\| (\w+) \| (\w+) \| .* \| (\w+) \|$", table, re.MULTILINE)
    assert verdicts == [("rnn", "lstm", "better"), ("rnn", "gru", "better"), ("lstm", "gru", "undecided")]
