"""The commands as functions of Python: the same run folders, the same resuming, and the same lines when they fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.config import reference
from rnnlab.config.literals import PLAIN, quote_arguments, written
from rnnlab.errors import UserError
from rnnlab.verbosity import Verbosity, speaking

if TYPE_CHECKING:
    from rnnlab.report.result import Compared
    from rnnlab.training.trained import Trained

FLAGS = ("-m", "--multirun")


def train(words: Sequence[str | Mapping[str, Any]], quiet: bool, settings: Mapping[str, Any]) -> Trained:
    """Train one run, or find it complete; see `rnnlab.train`.

    Raises:
        UserError: A setting or the data is wrong, or it is a sweep.
        RunsFailedError: The run failed.
    """
    arguments = arguments_of(words, settings)
    if set(FLAGS) & set(arguments):
        raise UserError("-m: rnnlab.train trains one run; use rnnlab.sweep")
    (folder,) = _train(arguments, quiet)
    from rnnlab.training.trained import Trained  # imports torch

    return Trained(folder)


def sweep(
    swept: Mapping[str, Any],
    words: Sequence[str | Mapping[str, Any]],
    seeds: int | Sequence[int] | None,
    workers: int | None,
    quiet: bool,
    settings: Mapping[str, Any],
) -> Compared:
    """Train every combination of the values of `swept`, and compare them; see `rnnlab.sweep`.

    Raises:
        UserError: A setting or the data is wrong.
        RunsFailedError: Runs failed; the others are trained.
    """
    several = dict(swept)
    if seeds is not None:
        several["seed"] = range(seeds) if isinstance(seeds, int) else seeds
    if workers is not None:
        settings = {**settings, "hydra.launcher.workers": workers}
    choices = [f"{full_key(key)}={','.join(map(_value, _listed(key, values)))}" for key, values in several.items()]
    folders = _train(["-m", *arguments_of(words, settings), *choices], quiet)
    from rnnlab.analysis.comparison import compare  # imports pandas
    from rnnlab.report.result import Compared

    return Compared(compare(folders))


def study(name: str, report: str | None, quiet: bool) -> Compared:
    """Run or resume a study and write its page; see `rnnlab.study`.

    Raises:
        UserError: There is no such study, or it trains nothing and has no runs to compare.
        RunsFailedError: Runs failed; the page shows the others.
    """
    from rnnlab.commands import study as command
    from rnnlab.report.result import Compared
    from rnnlab.studies.page import compared
    from rnnlab.studies.study import find_study

    words = [f"name={name}", *([] if report is None else [f"report={report}"])]
    with speaking(_verbosity(quiet)):
        command.main(quote_arguments(words))
    return Compared(compared(find_study(name)))


def arguments_of(words: Sequence[str | Mapping[str, Any]], settings: Mapping[str, Any]) -> list[str]:
    """Return the words of the command line that say the same.

    Args:
        words: As they are typed, such as `task=names`, or settings by their dotted keys.
        settings: By key, which may be short where only one key ends in it.

    Raises:
        UserError: Several keys end in a short name.
    """
    arguments = []
    for word in words:
        if isinstance(word, str):
            arguments += quote_arguments([word])
        else:
            arguments += [f"{full_key(key)}={_value(value)}" for key, value in word.items()]
    return [*arguments, *(f"{full_key(key)}={_value(value)}" for key, value in settings.items())]


def full_key(name: str) -> str:
    """Return the key of `rnnlab train` that a short name stands for; the name itself where none ends in it.

    Raises:
        UserError: Several do.
    """
    keys = reference.all_keys("train")
    if "." in name or name in keys:
        return name
    ending = [key for key in keys if key.endswith(f".{name}")]
    usual = [key for key in ending if key in reference.default_keys("train")]
    if len(candidates := usual or ending) > 1:
        raise UserError(f"{name}: {', '.join(candidates)} end in it; give one of them in a dict")
    return candidates[0] if candidates else name


def _value(value: Any) -> str:
    """Return a value as the command line has it."""
    if isinstance(value, Path) or (isinstance(value, str) and not PLAIN.fullmatch(value)):
        return written(str(value))
    return value if isinstance(value, str) else written(value)


def _listed(key: str, values: Any) -> Sequence[Any]:
    if isinstance(values, str | Mapping) or not isinstance(values, Sequence):
        return [values]
    if not values:
        raise UserError(f"{key}: nothing to sweep over; give a list of values")
    return values


def _train(arguments: list[str], quiet: bool) -> list[Path]:
    """Train, and return the folder of the run, or that of the sweep."""
    from rnnlab.commands.train import train as command

    with speaking(_verbosity(quiet)):
        folders = command(arguments, compares=False)
    if not folders:
        raise UserError("dry_run: there is no result to return; use `rnnlab train … dry_run=true` in a terminal")
    return folders


def _verbosity(quiet: bool) -> Verbosity:
    return Verbosity.QUIET if quiet else Verbosity.USUAL
