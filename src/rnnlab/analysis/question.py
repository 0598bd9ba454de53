"""The question that a comparison answers: what is compared, what is tuned, and where the question is asked again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rnnlab.analysis.configurations import Configuration, common_base, label, plain, setting
from rnnlab.analysis.criterion import Criterion, criterion
from rnnlab.config.keys import short_name
from rnnlab.enumeration import joined
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric
from rnnlab.records.reading import Run

# What decides which items a run is validated on, beside the data set itself.
VALIDATED_ON = ("data.limit", "data.labels", "split.seed", "split.deduplicate", "trainer.limit_val_batches")
TUNED_GROUPS = ("optimizer.", "scheduler.")
TUNED_NAMES = ("batch_size", "accumulate_grad_batches", "gradient_clip_val")
TUNED_WORDS = ("dropout", "decay")
REPEATS = "seed"


@dataclass(frozen=True)
class Asked:
    """The question in a person's words; what is None takes the default.

    Attributes:
        by: The keys whose values are compared.
        tune: The keys by which each level is tuned.
        within: The keys at whose values the question is asked again.
        across: The key of `within` whose values count as one observation each, such as `data`.
        worth: The smallest difference worth having, in the metric's unit.
        metric: Such as `val/accuracy`; None for the loss that runs are ranked by.
    """

    by: Sequence[str] | None = None
    tune: Sequence[str] | None = None
    within: Sequence[str] | None = None
    across: str | None = None
    worth: float | None = None
    metric: str | None = None

    @property
    def words(self) -> dict[str, Any]:
        """The words of the question, as `asked` reads it; without what takes the default."""
        roles = {role: list(names) for role in ROLES if (names := getattr(self, role)) is not None}
        others = {key: getattr(self, key) for key in ("across", "worth", "metric")}
        return {**roles, **{key: value for key, value in others.items() if value is not None}}


ROLES = ("by", "tune", "within")


def asked(config: Mapping[str, Any]) -> Asked:
    """Return the question that a configuration asks, whose roles name one key or list several.

    Raises:
        UserError: A value is of the wrong kind.
    """
    roles = {role: _names(role, config.get(role)) for role in ROLES}
    for key in ("across", "metric"):
        if not isinstance(config.get(key), str | None):
            raise UserError(f"{key}={config[key]}: must be a name or null")
    worth = config.get("worth")
    if worth is not None and (
        isinstance(worth, bool) or not isinstance(worth, int | float) or not 0 <= worth < math.inf
    ):
        raise UserError(f"worth={worth}: must be a number of at least 0, in the metric's unit")
    by, tune, within = (roles[role] for role in ROLES)
    return Asked(by, tune, within, config.get("across"), worth, config.get("metric"))


def asked_by(runs: Sequence[Run], person: Asked) -> Asked:
    """Return a question, and where it names no role of a key, the question that the runs' configurations ask.

    Args:
        runs: The runs, whose node `compare` counts as far as all agree.
        person: A person's own words, which count first.

    Raises:
        UserError: A configuration says what is no question.
    """
    names = (*ROLES, "across", "worth", "metric")
    own = {name: {repr(run.config.get(f"compare.{name}")) for run in runs} for name in names}
    agreed = {name: runs[0].config.get(f"compare.{name}") for name in names if len(own[name]) == 1}
    theirs = asked(agreed)
    if any(getattr(person, role) is not None for role in ROLES):  # a person asks otherwise
        theirs = replace(theirs, by=None, tune=None, within=None, across=None)
    given = {name: getattr(person, name) for name in names if getattr(person, name) is not None}
    return replace(theirs, **given)


def _names(role: str, value: Any) -> tuple[str, ...] | None:
    listed = [value] if isinstance(value, str) else value
    if listed is None:
        return None
    if not isinstance(listed, list | tuple) or not all(isinstance(name, str) for name in listed):
        raise UserError(f"{role}={value}: must be a key such as optimizer.lr, or a list of them")
    return tuple(listed)


@dataclass(frozen=True)
class Question:
    """The question with every varied key in its role.

    Attributes:
        by: The keys that are compared, by short name; empty where no two runs are rivals.
        tune: Those that each level is tuned by.
        within: Those at whose values the question is asked again.
        keys: The dotted key of each.
        followers: Settings that vary with `by`, so that nobody can tell which of them makes the difference.
        task: Those of `within` that change which items are validated on, or what the task is.
        across: The key whose values count as one observation each; empty without one.
        criterion: What runs are compared by.
        asked: The question in a person's words.
        worth: The smallest difference worth having; None for the default.
        base: The values of `by` of which each level changes one or two, where there is such a base; else empty.
    """

    by: tuple[str, ...]
    tune: tuple[str, ...]
    within: tuple[str, ...]
    keys: Mapping[str, str]
    followers: tuple[str, ...]
    task: tuple[str, ...]
    across: str
    criterion: Criterion
    asked: Asked
    worth: float | None
    base: Mapping[str, Any] = field(default_factory=dict)

    @property
    def compared(self) -> str:
        """The compared keys in words: `cell`, `cell and hidden_size`, or `change of the base`."""
        return "change of the base" if self.base else joined(list(self.by))

    @property
    def metric(self) -> Metric:
        return self.criterion.metric

    @property
    def name(self) -> str:
        """The metric with its part, such as `val/loss`."""
        return self.criterion.name

    @property
    def is_higher_better(self) -> bool:
        return self.criterion.is_higher_better

    @property
    def on_test(self) -> bool:
        """True if levels are compared on the test part; they are tuned on validation in any case."""
        return self.name.startswith("test/")

    @property
    def pairs(self) -> bool:
        """True if the levels of `by` begin with the same weights and batches at the same seed."""
        return bool(self.by) and all(leaves_the_start(self.keys[name]) for name in self.by)

    def level(self, run: Run) -> str:
        """Return the level of a run, such as `gru, 64`; where there is a base, what it changes of that."""
        values = {name: setting(run, self.keys[name]) for name in self.by}
        if self.base:
            return label({self.keys[name]: name for name in self.by}, values, self.base)
        return ", ".join(map(plain, values.values())) or "all runs"

    def tuned(self, run: Run) -> tuple[tuple[str, object], ...]:
        """Return the values by which a run is tuned."""
        return tuple((name, _native(run, self.keys[name])) for name in self.tune)

    def at(self, run: Run) -> tuple[tuple[str, object], ...]:
        """Return the values at which the run's question is asked."""
        return tuple((name, _native(run, self.keys[name])) for name in self.within)


def question(configurations: Sequence[Configuration], metrics: Sequence[Metric], asked: Asked) -> Question:
    """Give every key that varies its role.

    Args:
        configurations: Of the runs with a result.
        metrics: Those that the runs declare.
        asked: What a person asks for.

    Raises:
        UserError: A key is not known, has two roles, or its levels are no rivals; or no run has the metric.
    """
    runs = [run for configuration in configurations for run in configuration.runs]
    keys = dict(configurations[0].keys)
    _check_known([*(asked.by or ()), *(asked.tune or ()), *(asked.within or ()), *filter(None, [asked.across])], runs)
    task = tuple(name for name, key in keys.items() if changes_the_task(key, runs))
    chosen = {role: short_names(names, keys) for role, names in _given(asked).items()}
    _check_roles(chosen, task, keys)
    by = chosen.get("by") or _compared(keys, task, chosen, configurations)
    rest = [name for name in keys if name not in by]
    tune = chosen.get("tune")
    if tune is None:
        tune = [name for name in rest if is_tuned(keys[name]) and name not in (chosen.get("within") or ())]
    within = chosen.get("within") or []
    left = [name for name in rest if name not in (*tune, *within)]
    followers = [name for name in left if by and name not in task and _follows(name, by, keys, runs)]
    if asked.tune is None and asked.within is None:
        loose = [name for name in left if name not in (*task, *followers)]
        if loose and not _are_crossed(by, [*loose, *(name for name in left if name in task)], keys, runs):
            tune, left = [*tune, *loose], [name for name in left if name not in loose]
    sets = next(iter(short_names([asked.across], keys)), "") if asked.across else ""
    if sets in (*by, *tune):
        raise UserError(f"across={asked.across}: it is compared or tuned by; across takes a key of within")
    return Question(
        by=tuple(by),
        tune=tuple(name for name in keys if name in tune),
        within=tuple(name for name in keys if name in (*within, *left) and name not in followers),
        keys=keys,
        followers=tuple(followers),
        task=task,
        across=sets,
        criterion=criterion(asked.metric, runs, metrics),
        asked=asked,
        worth=asked.worth,
        base=_base(by, keys, configurations),
    )


def _base(by: Sequence[str], keys: Mapping[str, str], configurations: Sequence[Configuration]) -> Mapping[str, Any]:
    """Return the values of `by` that levels change, where one of the levels is such a base; else nothing."""
    levels = {tuple(setting(one.runs[0], keys[name]) for name in by) for one in configurations}
    return common_base([dict(zip(by, level, strict=True)) for level in sorted(levels, key=repr)])


def is_tuned(key: str) -> bool:
    """Return True if a key is one by which each level is tuned unless it is itself compared."""
    name = short_name(key)
    return key.startswith(TUNED_GROUPS) or name in TUNED_NAMES or any(word in name for word in TUNED_WORDS)


def leaves_the_start(key: str) -> bool:
    """Return True if a key changes neither the first weights nor the order of batches, so that seeds can be paired."""
    return is_tuned(key) and short_name(key) not in ("batch_size", "accumulate_grad_batches")


def items(run: Run) -> str:
    """Return what tells the validation items of a run from those of another."""
    known = [run.part("data").get("sha256"), *(run.config.get(key) for key in VALIDATED_ON)]
    return run.validation_items or repr(known)


def _given(asked: Asked) -> dict[str, Sequence[str]]:
    roles = {"by": asked.by, "tune": asked.tune, "within": asked.within}
    return {role: names for role, names in roles.items() if names is not None}


def _check_known(names: Iterable[str], runs: Sequence[Run]) -> None:
    known = {key for run in runs for key in run.config}
    known |= {short_name(key) for key in known}
    for name in names:
        if name == REPEATS:
            raise UserError(f"{name}: the seed repeats a comparison and has no other role; leave it out")
        if name not in known:
            raise UserError(
                f"{name}: no run has such a key; a role takes keys of the configuration such as optimizer.lr"
            )


def short_names(names: Iterable[str], keys: Mapping[str, str]) -> list[str]:
    """Return the short names of those keys that vary, in the order given.

    Args:
        names: Short or dotted names, or those of groups such as `cell`.
        keys: The dotted keys that vary, by short name.
    """
    by_name = {**{short_name(key): name for name, key in keys.items()}, **{key: name for name, key in keys.items()}}
    heads = {key.rpartition(".")[0]: name for name, key in keys.items() if key.endswith((".name", "._target_"))}
    known = {**heads, **by_name, **{name: name for name in keys}}
    return list(dict.fromkeys(known[name] for name in names if name in known))


def _check_roles(chosen: Mapping[str, Sequence[str]], task: Sequence[str], keys: Mapping[str, str]) -> None:
    roles = list(chosen.items())
    for index, (role, names) in enumerate(roles):
        for other, others in roles[:index]:
            if both := [name for name in names if name in others]:
                raise UserError(f"{role}={both[0]}: {other} names it, too; a key has one role")
    for role in ("by", "tune"):
        if wrong := [name for name in chosen.get(role, ()) if name in task]:
            raise UserError(
                f"{role}={wrong[0]}: runs that differ in {keys[wrong[0]]} were validated on different items, so they"
                f" are no rivals; ask within={wrong[0]}"
            )


def _compared(
    keys: Mapping[str, str],
    task: Sequence[str],
    chosen: Mapping[str, Sequence[str]],
    configurations: Sequence[Configuration],
) -> list[str]:
    """Return the default of `by`: the cell if it varies, else the only key, else the first that the command names.

    Where configurations change a base, which is how one asks what each of several ideas is worth, they are compared.
    """
    taken = [*task, *chosen.get("tune", ()), *chosen.get("within", ())]
    free = [name for name in keys if name not in taken]
    if "cell" in free or len(free) < 2:
        return ["cell"] if "cell" in free else free
    if _base(free, keys, configurations):
        return free
    command = str(configurations[0].runs[0].summary.get("command") or "")

    def place(name: str) -> tuple[bool, int]:
        named = re.search(rf"(?:^|\s|['\"]){re.escape(keys[name].removesuffix('.name'))}=", command)
        return is_tuned(keys[name]), named.start() if named else len(command)

    return [min(free, key=place)]


def changes_the_task(key: str, runs: Sequence[Run]) -> bool:
    """Return True if runs with different values of a key have no validation items in common.

    Keys of training never change the items: rates that are drawn anew for each length of a signal only go with it.
    """
    if is_tuned(key):
        return False
    by_value: dict[str, set[str]] = {}
    for run in runs:
        by_value.setdefault(str(setting(run, key)), set()).add(items(run))
    values = list({frozenset(validated) for validated in by_value.values()})  # thousands of rates have the same
    return key in ("task.name", *VALIDATED_ON) or any(
        first.isdisjoint(second) for index, first in enumerate(values) for second in values[:index]
    )


def _follows(name: str, by: Sequence[str], keys: Mapping[str, str], runs: Sequence[Run]) -> bool:
    """Return True if each level goes with one value of another setting."""
    values: dict[str, set[str]] = {}
    for run in runs:
        level = repr([setting(run, keys[other]) for other in by])
        values.setdefault(level, set()).add(str(setting(run, keys[name])))
    return len(values) > 1 and all(len(seen) == 1 for seen in values.values())


def _are_crossed(by: Sequence[str], within: Sequence[str], keys: Mapping[str, str], runs: Sequence[Run]) -> bool:
    """Return True if most settings of `within` have several levels; a search tries most of them with one."""
    levels: dict[str, set[str]] = {}
    for run in runs:
        at = repr([setting(run, keys[name]) for name in within])
        levels.setdefault(at, set()).add(repr([setting(run, keys[name]) for name in by]))
    return 2 * sum(len(seen) > 1 for seen in levels.values()) >= len(levels)


def _native(run: Run, key: str) -> object:
    """Return a value as it was configured, or as a table shows it where that is a list or a class."""
    value = run.config.get(key)
    if isinstance(value, bool) or value is None:
        return value if key in run.config else setting(run, key)
    if isinstance(value, float) and value.is_integer() and not key.startswith(TUNED_GROUPS):
        return int(value)
    return value if isinstance(value, int | float | str) and not key.endswith("_target_") else setting(run, key)
