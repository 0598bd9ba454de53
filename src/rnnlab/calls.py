"""The commands as functions of Python: the same run folders, the same resuming, and the same lines when they fail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.config import reference
from rnnlab.config.literals import PLAIN, quote_arguments, written
from rnnlab.errors import UserError
from rnnlab.verbosity import Verbosity, speaking

if TYPE_CHECKING:
    from rnnlab.data.module import SequenceDataModule
    from rnnlab.report.result import Compared
    from rnnlab.tasks.base import SequenceTask
    from rnnlab.training.trained import Trained

FLAGS = ("-m", "--multirun")
SHOWN = 60  # characters of a value that cannot be written


def train(words: Sequence[str | Mapping[str, Any]], quiet: bool, settings: Mapping[str, Any]) -> Trained:
    """Train one run, or find it complete; see `rnnlab.train`.

    Raises:
        UserError: A setting or the data is wrong, or it is a sweep.
        RunsFailedError: The run failed.
    """
    arguments = _arguments_of_one_run(words, settings, "rnnlab.train")
    folders = _train(arguments, quiet)
    if not folders:  # one of torchrun's processes, which has helped the first one
        raise SystemExit(0)
    (folder,) = folders
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
    if not isinstance(swept, Mapping):
        raise UserError('swept: a dict of the values of each key, such as {"cell": ["rnn", "gru"]}, comes first')
    chosen = _options(*words, settings, swept)
    several = {full_key(key, chosen): values for key, values in swept.items()}
    if seeds is not None:
        _check_once("seed", several, "seeds= and in the dict of swept values")
        several["seed"] = _seeds(seeds)
    if workers is not None:
        settings = {**settings, "hydra.launcher.workers": workers}
    for name in settings:
        _check_once(full_key(name, chosen), several, "a setting and in the dict of swept values")
    choices = [f"{key}={','.join(_value(key, one) for one in _listed(key, values))}" for key, values in several.items()]
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


def modules(
    words: Sequence[str | Mapping[str, Any]], settings: Mapping[str, Any]
) -> tuple[SequenceTask, SequenceDataModule]:
    """Build the untrained task and the batches of a run; see `rnnlab.modules`.

    Raises:
        UserError: A setting or the data is wrong, or it is a sweep.
    """
    from rnnlab.config.compose import compose_train, plain, readable_errors
    from rnnlab.sweeps.plan import plan

    arguments = _arguments_of_one_run(words, settings, "rnnlab.modules")
    with readable_errors("train"):
        (run,) = plan([plain(compose_train(arguments).config)])
    assert run.prepared is not None
    from lightning.pytorch.utilities.seed import isolate_rng

    from rnnlab.data.module import SequenceDataModule
    from rnnlab.training.checkpoints import beginning_task

    batching = run.config["data"]
    data = SequenceDataModule(
        run.prepared, batching["batch_size"], run.config["seed"], batching.get("bucketing", False)
    )
    with isolate_rng():
        return beginning_task(run.config, run.prepared), data


def arguments_of(words: Sequence[str | Mapping[str, Any]], settings: Mapping[str, Any]) -> list[str]:
    """Return the words of the command line that say the same.

    Args:
        words: As they are typed, such as `task=names`, or settings by their dotted keys; a dict may have dicts inside.
        settings: By key, which may be short where only one key ends in it.

    Raises:
        UserError: Several keys end in a short name, or a word or a value has no place on a command line.
    """
    arguments, chosen = [], _options(*words, settings)
    for word in words:
        if isinstance(word, str):
            arguments += quote_arguments([word])
        elif isinstance(word, Mapping):
            arguments += _settings(word, chosen)
        else:
            raise UserError(f"{repr(word)[:SHOWN]}: a word such as 'task=names' or a dict of settings comes here")
    return [*arguments, *_settings(settings, chosen)]


def _arguments_of_one_run(
    words: Sequence[str | Mapping[str, Any]], settings: Mapping[str, Any], function: str
) -> list[str]:
    """Return the words of one run.

    Raises:
        UserError: They are those of a sweep, or have no place on a command line.
    """
    arguments = arguments_of(words, settings)
    if set(FLAGS) & set(arguments):
        raise UserError(f"-m: {function} takes one run; use rnnlab.sweep")
    return arguments


def _settings(settings: Mapping[str, Any], chosen: Sequence[str], above: str = "") -> list[str]:
    """Return a word for each setting, those in dicts inside by their dotted keys."""
    words: list[str] = []
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            words += _settings(value, chosen, f"{above}{name}.")
        else:
            key = full_key(f"{above}{name}", chosen)
            words.append(f"{key}={_value(key, value)}")
    return words


def _options(*words: str | Mapping[str, Any]) -> list[str]:
    """Return the words that may choose an option of a group, such as `data=file`."""
    typed = [word for word in words if isinstance(word, str)]
    pairs = [pair for word in words if isinstance(word, Mapping) for pair in word.items()]
    return [*typed, *(f"{key}={value}" for key, value in pairs if isinstance(value, str))]


def full_key(name: str, chosen: Sequence[str] = ()) -> str:
    """Return the key of `rnnlab train` that a short name stands for; the name itself where none ends in it.

    Args:
        name: Such as `hidden_size`.
        chosen: Words that choose options, such as `data=file`: of several keys, the one counts that these options have.

    Raises:
        UserError: Several do.
    """
    keys = reference.all_keys("train")
    if "." in name or name in keys:
        return name
    ending = [key for key in keys if key.endswith(f".{name}")]
    known = reference.default_keys("train", chosen)
    usual = [key for key in ending if key in known]
    if len(candidates := usual or ending) > 1:
        raise UserError(f"{name}: {', '.join(candidates)} end in it; give one of them in a dict")
    return candidates[0] if candidates else name


def _value(key: str, value: Any) -> str:
    """Return a value as the command line has it; NumPy's, pandas' and torch's numbers are plain ones there.

    Raises:
        UserError: It is no plain value.
    """
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, Path) or (isinstance(plain, str) and not PLAIN.fullmatch(plain)):
        return written(str(plain))
    if isinstance(plain, str):
        return plain
    if not _is_plain(plain):
        raise UserError(f"{key}: {repr(value)[:SHOWN]} is no number, text, list or None")
    return written(plain)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _listed(key: str, values: Any) -> list[Any]:
    """Return the values of a swept key; one alone stands for a list of it."""
    several = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(several, str | Mapping | Path) or not isinstance(several, Iterable):
        return [several]
    listed = sorted(several, key=str) if isinstance(several, set | frozenset) else list(several)
    if not listed:
        raise UserError(f"{key}: nothing to sweep over; give a list of values")
    return listed


def _seeds(seeds: Any) -> Sequence[int]:
    if isinstance(seeds, int) and not isinstance(seeds, bool) and seeds > 0:
        return range(seeds)
    if isinstance(seeds, int | float | str):
        raise UserError(f"seeds must be a whole number of at least 1, or a list of seeds, not {seeds!r}")
    return _listed("seeds", seeds)


def _check_once(key: str, several: Mapping[str, Any], where: str) -> None:
    if key in several:
        raise UserError(f"{key}: given twice, as {where}; leave one of them out")


def _train(arguments: list[str], quiet: bool) -> list[Path]:
    """Train, and return the folder of the run, or that of the sweep."""
    from rnnlab.commands.train import train as command
    from rnnlab.training.outputs.log import without_irrelevant_warnings

    with speaking(_verbosity(quiet)), without_irrelevant_warnings():
        folders = command(arguments, compares=False)
    if not folders:
        raise UserError("dry_run: there is no result to return; use `rnnlab train … dry_run=true` in a terminal")
    return folders


def _verbosity(quiet: bool) -> Verbosity:
    return Verbosity.QUIET if quiet else Verbosity.USUAL
