"""The schema: which kind of value each key holds, and which value of it is neutral.

A key that is not listed may hold anything: it belongs to a plugin or to Lightning. A neutral value is the one with
which a run is what it was before there was the key, such as 0.0 of a dropout: it is no part of the run's identity, so
that a key which a later version adds renames no run. Whoever adds a key that can change a result declares one.
"""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rnnlab.config import targets
from rnnlab.config.checks.trainer_arguments import check_trainer
from rnnlab.config.keys import flatten
from rnnlab.config.tokens_per_step import check_tokens
from rnnlab.errors import UserError


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    Attributes:
        text: What is called so in a line about what is wrong, such as `a number above 0`.
        holds: Whether a value is of this kind.
        choices: The words to choose from, as the command line has them; none where there are too many to list.
        neutral: The values with which a run is what it would be without the key.
    """

    text: str
    holds: Callable[[Any], bool]
    choices: tuple[str, ...] = ()
    neutral: tuple[Any, ...] = ()

    def neutral_at(self, *values: Any) -> Kind:
        """This kind for a key that does nothing at these values."""
        return replace(self, neutral=values)


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def whole(least: int) -> Kind:
    return Kind(f"a whole number of at least {least}", lambda v: is_int(v) and v >= least)


def text(meaning: str) -> Kind:
    return Kind(meaning, lambda v: isinstance(v, str))


def either(first: Kind, second: Kind) -> Kind:
    return Kind(f"{first.text} or {second.text}", lambda v: first.holds(v) or second.holds(v), first.choices)


def one_of(*values: str) -> Kind:
    return Kind("one of " + ", ".join(values), lambda v: v in values, values)


def several(kind: Kind, example: str) -> Kind:
    return Kind(
        f"a list, {example}, each of it {kind.text}",
        lambda v: isinstance(v, list) and bool(v) and all(map(kind.holds, v)),
    )


def matching(pattern: str, meaning: str) -> Kind:
    return Kind(meaning, lambda v: bool(re.fullmatch(pattern, str(v))))


NOTHING = Kind("null", lambda v: v is None)
TRUE_OR_FALSE = Kind("true or false", lambda v: isinstance(v, bool), ("true", "false"))
ABOVE_ZERO = Kind("a number above 0", lambda v: is_number(v) and v > 0)
NUMBER = Kind("a number", is_number)
AT_LEAST_ZERO = Kind("a number of at least 0", lambda v: is_number(v) and v >= 0)
SHARE = Kind("a number from 0 up to but not including 1", lambda v: is_number(v) and 0 <= v < 1)
DROPOUT = SHARE.neutral_at(0, 0.0)
BETWEEN = Kind("a number between 0 and 1", lambda v: is_number(v) and 0 < v < 1)
CHANCE = Kind("a number from 0 to 1", lambda v: is_number(v) and 0 <= v <= 1)
PORTION = Kind(
    "a share above 0.0 and at most 1.0, or a whole number of batches of at least 1",
    lambda v: (is_int(v) and v >= 1) or (isinstance(v, float) and 0 < v <= 1),
)
DURATION = Kind(
    "a time as DD:HH:MM:SS, such as 00:00:10:00 for ten minutes",
    lambda v: isinstance(v, str) and bool(re.fullmatch(r"\d+:\d{1,2}:\d{1,2}:\d{1,2}", v)) and bool(v.strip("0:")),
)
FOLDER_NAME = Kind(
    "a folder name of letters, digits, '.', '_' and '-', at most 100 bytes, that does not begin with '.'",
    lambda v: isinstance(v, str) and bool(re.fullmatch(r"[\w-][\w.-]*", v)) and len(v.encode()) <= 100,
)
TEXTS = Kind(
    "a list of texts, such as ['not good','good not']",
    lambda v: isinstance(v, list) and all(isinstance(item, str) for item in v),
)
KEYS = Kind(
    "a key such as optimizer.lr, or a list of them",
    lambda v: isinstance(v, str) or (isinstance(v, list) and all(isinstance(item, str) for item in v)),
)
BOUND = matching(r"(val|test)/\w+[<>]=-?\d+(\.\d+)?", "a metric and a bound, such as test/accuracy>=0.9")
COLUMNS = Kind(
    "the name of a column, or a list of them",
    lambda v: isinstance(v, str) or (isinstance(v, list) and bool(v) and all(isinstance(name, str) for name in v)),
)
MISSING = one_of("refuse", "drop", "keep", "interpolate", "forward", "mask")
CALENDAR = ("minute", "hour", "weekday", "day", "month", "yearday")
NUMBERS = several(ABOVE_ZERO, "such as [20,7]")
NUMBERS_OR_NONE = either(either(NUMBER, several(NUMBER, "such as [-9999,-999]")), one_of("none"))
SEED = Kind("a whole number from 0 to 4294967295", lambda v: is_int(v) and 0 <= v < 2**32)


def _is_probe(value: Any) -> bool:
    keys = r"probe(\.[a-z]\w*)?|text|part|untrained"
    return isinstance(value, Mapping) and "probe" in value and all(re.fullmatch(keys, str(key)) for key in value)


PROBES = Kind(
    "a list of what `rnnlab probe` is told, such as [{probe: saliency, text: mary had}]; its keys are probe, text,"
    " part, untrained and those that begin with probe.",
    lambda v: isinstance(v, list) and all(map(_is_probe, v)),
)

BESIDE = Kind(
    "a function of rnnlab.reference as _target_, and its settings.",
    lambda v: isinstance(v, Mapping) and isinstance(v.get("_target_"), str),
)

SWITCHES = ("enabled", "changes_result")  # of every callback, a plugin's too

OF_A_RUN: dict[str, Kind] = {
    "seed": SEED,
    **dict.fromkeys(("rerun", "dry_run"), TRUE_OR_FALSE),
    "on_failure": one_of("continue", "stop"),
    "init_from": either(text("the path of a checkpoint or of a run's folder"), NOTHING).neutral_at(None),
    "sweep": FOLDER_NAME,
    "holds": either(BOUND, NOTHING),
    **dict.fromkeys(("compare.by", "compare.tune", "compare.within"), either(KEYS, NOTHING)),
    "compare.across": either(text("a key such as data"), NOTHING),
    "compare.worth": either(AT_LEAST_ZERO, NOTHING),
    "compare.metric": either(text("a metric such as val/accuracy"), NOTHING),
    "probes": PROBES,
    "beside": either(BESIDE, NOTHING),
    "task.shown": TEXTS,
    "task.class_weights": either(one_of("balanced"), NOTHING).neutral_at(None),
    "task.module.class_weights": either(one_of("balanced"), NOTHING).neutral_at(None),
    "split.seed": SEED,
    "split.deduplicate": TRUE_OR_FALSE,
}

DATA: dict[str, Kind] = {
    "data.batch_size": whole(1),
    "data.tokens_per_step": either(whole(1), NOTHING).neutral_at(None),
    "data.sequence_length": whole(1),
    "data.bucketing": TRUE_OR_FALSE.neutral_at(False),
    "data.windows": one_of("streams", "sliding"),
    "data.stride": whole(1).neutral_at(1),
    "data.word_length": whole(1),
    "data.tag_column": either(one_of("UPOS", "XPOS", "FEATS", "DEPREL"), NOTHING),
    "data.level": one_of("char", "word", "bpe"),
    "data.vocab_size": whole(2),
    "data.tokenizer": either(text("the path of a tokenizer.json"), NOTHING).neutral_at(None),
    "data.min_count": whole(1).neutral_at(1),
    "data.parts": one_of("80/10/10", "90/10", "whole"),
    "data.limit": either(whole(1), NOTHING).neutral_at(None),
    "data.labels": either(text("a word for what the labels are, such as sex"), NOTHING).neutral_at(None),
    "data.header": either(TRUE_OR_FALSE, NOTHING),
    "data.reader.header": either(TRUE_OR_FALSE, NOTHING).neutral_at(None),
    "data.missing": either(MISSING, NOTHING),
    "data.reader.missing": either(MISSING, NOTHING).neutral_at(None, "refuse"),
    **{f"data.{part}": either(text("a file or a folder"), NOTHING) for part in ("path", "train", "validation", "test")},
    "data.missing_values": either(NUMBERS_OR_NONE, NOTHING),
    "data.reader.missing_values": either(NUMBERS_OR_NONE, NOTHING).neutral_at(None),
    "data.missing_labels": either(one_of("refuse", "skip", "keep"), NOTHING),
    "data.reader.missing_labels": either(one_of("refuse", "skip", "keep"), NOTHING).neutral_at(None, "refuse"),
    "data.reader.text_column": either(text("the name of a column"), NOTHING).neutral_at(None),
    "data.form": either(one_of("long", "wide"), NOTHING),
    "data.reader.form": either(one_of("long", "wide"), NOTHING).neutral_at(None),
    "data.target": either(one_of("class", "number", "steps"), NOTHING),
    "data.reader.target": either(one_of("class", "number", "steps"), NOTHING).neutral_at(None),
    **{f"data.{key}": either(COLUMNS, NOTHING) for key in ("id_column", "group_column", "label_column", "channels")},
    **{
        f"data.reader.{key}": either(COLUMNS, NOTHING).neutral_at(None)
        for key in ("id_column", "group_column", "label_column")
    },
    "data.reader.channels": either(whole(1), either(COLUMNS, NOTHING)).neutral_at(None),  # how many, or which columns
    "data.time_input": TRUE_OR_FALSE.neutral_at(False),
    "data.verbatim": either(TRUE_OR_FALSE, NOTHING),
    "data.reader.verbatim": TRUE_OR_FALSE.neutral_at(False),
    "data.decimal": either(one_of("point", "comma"), NOTHING),
    "data.reader.decimal": either(one_of("point", "comma"), NOTHING).neutral_at(None),
    "data.separator": either(one_of("comma", "semicolon", "tab", "bar"), NOTHING),
    "data.reader.separator": either(one_of("comma", "semicolon", "tab", "bar"), NOTHING).neutral_at(None),
    "data.quoting": either(TRUE_OR_FALSE, NOTHING),
    "data.reader.quoting": either(TRUE_OR_FALSE, NOTHING).neutral_at(None),
    "data.stacked": either(TRUE_OR_FALSE, NOTHING),
    "data.reader.stacked": either(TRUE_OR_FALSE, NOTHING).neutral_at(False, None),
    "data.horizon": whole(1),
    "data.season": whole(1).neutral_at(1),
    **{f"data.{name}": either(COLUMNS, NOTHING) for name in ("time_column", "known", "past")},
    **{f"data.reader.{name}": either(COLUMNS, NOTHING).neutral_at(None) for name in ("time_column", "known", "past")},
    "data.calendar": either(several(one_of(*CALENDAR), "such as [hour,weekday]"), NOTHING).neutral_at(None),
    "data.day_first": either(TRUE_OR_FALSE, NOTHING),
    "data.reader.day_first": either(TRUE_OR_FALSE, NOTHING).neutral_at(None),
    "task.quantiles": either(several(BETWEEN, "such as [0.1,0.5,0.9]"), NOTHING),
    "task.module.quantiles": either(several(BETWEEN, "such as [0.1,0.5,0.9]"), NOTHING).neutral_at(None),
    "task.origins": either(whole(1), NOTHING),
    "task.prepare.origins": either(whole(1), NOTHING).neutral_at(None),
    "data.normalise": one_of("series", "window", "season", "channel", "sequence", "none").neutral_at("none"),
    "data.texts": whole(1),
    "data.gap": whole(0),
    "data.sequences": whole(1),
    **{f"data.reader.{name}": whole(1) for name in ("length", "most")},
    "data.reader.periods": NUMBERS,
    "data.reader.amplitudes": NUMBERS,
    "data.reader.noise": AT_LEAST_ZERO,
    "data.reader.seed": SEED,
    "data.reader.threshold": NUMBER,
    "data.reader.more_than": whole(0),
    "data.reader.tolerance": ABOVE_ZERO,
    "data.reader.year": Kind("a year from 1880 to 2017", lambda v: is_int(v) and 1880 <= v <= 2017),
}

MODEL: dict[str, Kind] = {
    "model.embedding_size": whole(1),
    "model.hidden_size": whole(1),
    "model.parameters": either(whole(1), NOTHING).neutral_at(None),
    "model.num_layers": whole(1),
    "model.dropout": DROPOUT,
    "model.embedding_dropout": DROPOUT,
    "model.word_dropout": DROPOUT,
    "model.tie_weights": TRUE_OR_FALSE.neutral_at(False),
    "model.bidirectional": TRUE_OR_FALSE.neutral_at(False),
    "model.condition": either(text("what the labels are, such as sex"), NOTHING).neutral_at(None),
    "model.pooling": one_of("last", "mean", "max", "concat"),
    "model.teacher_forcing": CHANCE.neutral_at(1, 1.0),
    "model.char_embedding_size": whole(1),
    "model.char_hidden_size": whole(0),
}

CELLS: dict[str, Kind] = {  # of rnnlab's own; a plugin's cell may mean something else by the same word
    "cell.weight_dropout": DROPOUT,
    "cell.forget_bias": either(NUMBER, NOTHING).neutral_at(None),
    "cell.identity_scale": NUMBER,
    "cell.input_std": AT_LEAST_ZERO,
    **{f"cell.{name}": NUMBER for name in ("r_min", "r_max", "max_phase")},
    **{f"cell.{name}": whole(1) for name in ("steps", "window", "context", "heads")},
}

TRAINING: dict[str, Kind] = {
    "optimizer.lr": ABOVE_ZERO,
    "optimizer.weight_decay": AT_LEAST_ZERO,
    "optimizer.momentum": SHARE,
    "scheduler.warmup": SHARE,
    "scheduler.final_lr": AT_LEAST_ZERO,
    "trainer.accelerator": one_of("auto", "cpu", "gpu", "cuda", "mps", "tpu"),
    "trainer.devices": whole(1),
    "trainer.num_nodes": whole(1),
    "trainer.strategy": one_of("auto", "ddp"),
    "trainer.precision": one_of("32-true", "32", "bf16-mixed", "16-mixed").neutral_at("32-true", "32"),
    "trainer.block_size": whole(1),
    "trainer.threads": either(whole(1), NOTHING),
    "trainer.max_epochs": whole(0),
    "trainer.max_steps": either(whole(1), Kind("-1", lambda v: v == -1)).neutral_at(-1),
    "trainer.max_time": either(DURATION, NOTHING).neutral_at(None),
    "trainer.accumulate_grad_batches": whole(1).neutral_at(1),
    "trainer.gradient_clip_val": either(ABOVE_ZERO, NOTHING).neutral_at(None),
    "trainer.val_check_interval": PORTION.neutral_at(1.0),
    **{f"trainer.limit_{part}_batches": PORTION.neutral_at(1.0) for part in ("train", "val", "test")},
    "trainer.log_every_n_steps": whole(1),
    "trainer.check_val_every_n_epoch": whole(1).neutral_at(1),
    "trainer.detect_anomaly": TRUE_OR_FALSE.neutral_at(False),
    "trainer.inference_mode": TRUE_OR_FALSE.neutral_at(True),
    "trainer.profiler": either(one_of("simple", "advanced"), NOTHING).neutral_at(None),
    "callbacks.early_stopping.patience": whole(1),
    "callbacks.early_stopping.min_delta": AT_LEAST_ZERO.neutral_at(0, 0.0),
    "callbacks.early_stopping.mode": one_of("min", "max"),
    "callbacks.averaging.decay": SHARE,
    **{f"callbacks.{name}.count": whole(1) for name in ("samples", "forecasts")},
    **{f"callbacks.{name}.symbols": whole(1) for name in ("embedding", "embedding_vectors")},
    **{f"callbacks.{name}.{key}": whole(1) for name in ("gradient_flow", "gates") for key in ("rows", "steps")},
}

SWEEPS: dict[str, Kind] = {
    "hydra.launcher.workers": either(whole(1), NOTHING),
    "hydra.sweeper.n_trials": whole(1),
    "hydra.sweeper.n_jobs": either(whole(1), NOTHING),
    "hydra.sweeper.seeds": whole(1),
    "hydra.sweeper.by": either(KEYS, NOTHING),
    "hydra.sweeper.trials": whole(1),
    "hydra.sweeper.budget": one_of("trials", "steps", "flops"),
    "hydra.sweeper.confirm": either(whole(2), one_of("race")),
    "hydra.sweeper.extend": whole(0),
    "hydra.sweeper.metric": Kind("a validation metric, such as val/loss", lambda v: str(v).startswith("val/")),
    "hydra.sweeper.direction": either(one_of("minimize", "maximize"), NOTHING),
    "hydra.sweeper.most_parameters": either(whole(1), NOTHING),
    "hydra.sweeper.first": whole(2),
    "hydra.sweeper.most": whole(2),
    "hydra.sweeper.seed": whole(0),
    "hydra.sweeper.question": one_of("best", "all"),
    "hydra.sweeper.worth": either(AT_LEAST_ZERO, NOTHING),
}

OF_OTHER_COMMANDS: dict[str, Kind] = {
    # probe
    **{f"probe.{name}": whole(1) for name in ("rows", "steps", "batches", "symbols", "shown", "nearest", "count")},
    **{f"probe.{name}": whole(1) for name in ("peaks", "context", "lines")},
    "probe.layer": either(whole(1), NOTHING),
    "probe.units": either(several(whole(0), "[3,17]"), NOTHING),
    "probe.lengths": several(whole(1), "[5,10]"),
    **{f"probe.{name}": several(ABOVE_ZERO, "[0.5,1.0]") for name in ("radii", "scales", "largest")},
    "probe.seed": SEED,
    "untrained": TRUE_OR_FALSE,
    # tensorboard
    "open": TRUE_OR_FALSE,
    "best": either(whole(1), NOTHING),
    "port": Kind("a port from 0 (any free one) to 65535", lambda v: is_int(v) and 0 <= v < 2**16),
    # cache
    "clear": TRUE_OR_FALSE,
    # study
    "report": either(one_of("only"), NOTHING),
    # generate, predict, evaluate
    "format": one_of("text", "csv", "json"),
    **dict.fromkeys(("overwrite", "probabilities"), TRUE_OR_FALSE),
    "output": either(text("the name of a file"), NOTHING),
    "target": either(ABOVE_ZERO, NOTHING),
    "worth": either(AT_LEAST_ZERO, NOTHING),
    "part": one_of("val", "test"),
    "samples": whole(1),
    "length": either(whole(1), NOTHING),
    "temperature": AT_LEAST_ZERO,
    "top_k": either(whole(1), NOTHING),
}

SCHEMA = {**OF_A_RUN, **DATA, **MODEL, **CELLS, **TRAINING, **SWEEPS, **OF_OTHER_COMMANDS}
OF_TRAINER = frozenset(key.removeprefix("trainer.") for key in SCHEMA)
OF_ONE_COMMAND = {"export": {"format": one_of("onnx", "torch"), "output": text("the name of a folder")}}

GROUPS = ("task", "data", "cell", "model", "optimizer", "scheduler", "trainer", "callbacks", "logger", "split")
NEEDED = (
    *("seed", "sweep", "init_from", "rerun", "dry_run", "on_failure", "split.seed", "split.deduplicate"),
    *("data.batch_size", "data.sequence_length", "optimizer.lr", "trainer.threads", "trainer.block_size"),
    *(f"model.{key}" for key in ("embedding_size", "hidden_size", "num_layers", "dropout", "bidirectional")),
)


def kinds(command: str = "") -> Mapping[str, Kind]:
    """Return the kind of each key, as a command has it."""
    return {**SCHEMA, **OF_ONE_COMMAND[command]} if command in OF_ONE_COMMAND else SCHEMA


def kind_of(key: str, command: str = "") -> Kind | None:
    """Return the kind of a key, as a command has it; None where any value may be right."""
    group, _, switch = key.partition(".")[0], *key.rpartition(".")[1:]
    return TRUE_OR_FALSE if group == "callbacks" and switch in SWITCHES else kinds(command).get(key)


def is_neutral(key: str, value: Any) -> bool:
    """Return whether a run with this value is the run that it would be without the key."""
    kind = SCHEMA.get(key)
    # One batch, 1, is not all of them, 1.0, though Python calls the two equal.
    return kind is not None and any(type(value) is type(neutral) and value == neutral for neutral in kind.neutral)


def check_run(config: Mapping[str, Any]) -> None:
    """Check the configuration of a run: that it is whole, and what `check` checks.

    Raises:
        UserError: The first thing that is wrong.
    """
    check(config)
    present = dict(flatten(config))
    for key in NEEDED:
        if key not in present:
            raise UserError(f"{key}: it is missing; every run needs it")
    check_tokens(config)


def check(config: Mapping[str, Any], command: str = "") -> None:
    """Check every value of a plain configuration, every target and every package that an option needs.

    Args:
        config: The configuration.
        command: The command that it is of, where a key means something of its own there.

    Raises:
        UserError: The first thing that is wrong.
    """
    _check_groups(config)
    check_trainer(config.get("trainer", {}), OF_TRAINER)
    own_cell = str(config.get("cell", {}).get("_target_", "")).startswith(targets.OWN)
    for key, value in flatten(config):
        kind = kind_of(key, command)
        if kind and not kind.holds(value) and (own_cell or key not in CELLS):
            raise UserError(f"{key} must be {kind.text}, not {value!r}{_in_quotes(key, value)}")
    for key, target in targets.targets(config):
        targets.check(target, key)
    for name, logger in config.get("logger", {}).items():
        package = logger.get("package")
        # A dotted name would be imported by the look-up.
        if package and not (str(package).isidentifier() and importlib.util.find_spec(package)):
            raise UserError(f"logger={name}: the package {package} is not installed; pip install {package}")


def _in_quotes(key: str, value: Any) -> str:
    """Return how names of columns are written that are numbers or such words as true; '' of other values."""
    names = value if isinstance(value, list) else [value]
    if (
        not key.endswith(("_column", ".channels"))
        or not names
        or not all(isinstance(n, str | int | float) for n in names)
    ):
        return ""
    words = [str(name).lower() if isinstance(name, bool) else str(name) for name in names]
    quoted = ",".join(f"'{word}'" for word in words)
    return f'; a name that is no word stands in quotes: "{key}={f"[{quoted}]" if isinstance(value, list) else quoted}"'


def _check_groups(config: Mapping[str, Any]) -> None:
    for group in GROUPS:
        if not isinstance(config.get(group, {}), Mapping):
            raise UserError(f"{group}: choose an option of this group, not {config[group]!r}")
    for group in ("callbacks", "logger"):
        for name, entry in config.get(group, {}).items():
            if not (isinstance(entry, Mapping) and "_target_" in entry):
                raise UserError(f"{group}.{name}: a mapping with a _target_ is expected, not {entry!r}")
