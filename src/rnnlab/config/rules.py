"""What each key may hold. A key that is not listed may hold anything: it belongs to a plugin or to Lightning."""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rnnlab.config import targets
from rnnlab.errors import UserError

Rule = tuple[str, Callable[[Any], bool]]


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def whole(least: int) -> Rule:
    return f"a whole number of at least {least}", lambda v: _is_int(v) and v >= least


def either(first: Rule, second: Rule) -> Rule:
    return f"{first[0]} or {second[0]}", lambda v: first[1](v) or second[1](v)


def one_of(*values: str) -> Rule:
    return "one of " + ", ".join(values), lambda v: v in values


NOTHING: Rule = ("null", lambda v: v is None)
TRUE_OR_FALSE: Rule = ("true or false", lambda v: isinstance(v, bool))
ABOVE_ZERO: Rule = ("a number above 0", lambda v: _is_number(v) and v > 0)
AT_LEAST_ZERO: Rule = ("a number of at least 0", lambda v: _is_number(v) and v >= 0)
SHARE: Rule = ("a number from 0 up to but not including 1", lambda v: _is_number(v) and 0 <= v < 1)
PORTION: Rule = (
    "a share above 0.0 and at most 1.0, or a whole number of batches of at least 1",
    lambda v: (_is_int(v) and v >= 1) or (isinstance(v, float) and 0 < v <= 1),
)
DURATION: Rule = (
    "a time as DD:HH:MM:SS, such as 00:00:10:00 for ten minutes",
    lambda v: isinstance(v, str) and bool(re.fullmatch(r"\d+:\d{1,2}:\d{1,2}:\d{1,2}", v)) and bool(v.strip("0:")),
)
FOLDER_NAME: Rule = (
    "a folder name of letters, digits, '.', '_' and '-' that does not begin with '.'",
    lambda v: bool(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", str(v))),
)
TEXTS: Rule = (
    "a list of texts, such as ['not good','good not']",
    lambda v: isinstance(v, list) and all(isinstance(text, str) for text in v),
)
SEED: Rule = ("a whole number from 0 to 4294967295", lambda v: _is_int(v) and 0 <= v < 2**32)

SWITCHES = (
    "early_stopping", "samples", "confusion_matrix", "pr_curve", "custom_scalars", "effort", "graph", "embedding",
    "gradient_flow", "hidden_states", "gates", "gradient_norm", "histograms",
)  # fmt: skip

RULES: dict[str, Rule] = {
    "seed": SEED,
    "rerun": TRUE_OR_FALSE,
    "dry_run": TRUE_OR_FALSE,
    "on_failure": one_of("continue", "stop"),
    "init_from": either(("the path of a checkpoint or of a run's folder", lambda v: isinstance(v, str)), NOTHING),
    "task.shown": TEXTS,
    "sweep": FOLDER_NAME,
    "split.seed": SEED,
    "split.deduplicate": TRUE_OR_FALSE,
    "data.batch_size": whole(1),
    "data.sequence_length": whole(1),
    "data.bucketing": TRUE_OR_FALSE,
    "data.windows": one_of("streams", "sliding"),
    "data.stride": whole(1),
    "data.level": one_of("char", "word", "bpe"),
    "data.vocab_size": whole(2),
    "data.tokenizer": either(("the path of a tokenizer.json", lambda v: isinstance(v, str)), NOTHING),
    "data.min_count": whole(1),
    "data.parts": one_of("80/10/10", "90/10", "whole"),
    "data.limit": either(whole(1), NOTHING),
    "data.labels": either(("a word for what the labels are, such as sex", lambda v: isinstance(v, str)), NOTHING),
    "data.reader.most": whole(1),
    "data.reader.year": ("a year from 1880 to 2017", lambda v: _is_int(v) and 1880 <= v <= 2017),
    "model.embedding_size": whole(1),
    "model.hidden_size": whole(1),
    "model.num_layers": whole(1),
    "model.dropout": SHARE,
    "model.bidirectional": TRUE_OR_FALSE,
    "model.condition": either(("what the labels are, such as sex", lambda v: isinstance(v, str)), NOTHING),
    "model.pooling": one_of("last", "mean", "max"),
    "model.word_dropout": SHARE,
    "optimizer.lr": ABOVE_ZERO,
    "optimizer.weight_decay": AT_LEAST_ZERO,
    "optimizer.momentum": SHARE,
    "scheduler.warmup": SHARE,
    "scheduler.final_lr": AT_LEAST_ZERO,
    "trainer.accelerator": one_of("auto", "cpu", "gpu", "cuda", "mps", "tpu"),
    "trainer.devices": ("1: a run has one device, and a sweep uses more by doing several runs", lambda v: v == 1),
    "trainer.precision": one_of("32-true", "32", "bf16-mixed", "16-mixed"),
    "trainer.threads": either(whole(1), NOTHING),
    "trainer.max_epochs": whole(1),
    "trainer.max_steps": either(whole(1), ("-1", lambda v: v == -1)),
    "trainer.max_time": either(DURATION, NOTHING),
    "trainer.gradient_clip_val": either(ABOVE_ZERO, NOTHING),
    "trainer.val_check_interval": PORTION,
    "trainer.limit_train_batches": PORTION,
    "trainer.limit_val_batches": PORTION,
    "trainer.limit_test_batches": PORTION,
    "trainer.log_every_n_steps": whole(1),
    "callbacks.early_stopping.patience": whole(1),
    "callbacks.early_stopping.min_delta": AT_LEAST_ZERO,
    "callbacks.early_stopping.mode": one_of("min", "max"),
    "callbacks.samples.count": whole(1),
    "callbacks.embedding.symbols": whole(1),
    **{f"callbacks.{name}.{key}": whole(1) for name in ("gradient_flow", "gates") for key in ("rows", "steps")},
    **{f"callbacks.{name}.enabled": TRUE_OR_FALSE for name in SWITCHES},
    "hydra.launcher.workers": either(whole(1), NOTHING),
    "hydra.sweeper.n_trials": whole(1),
    "hydra.sweeper.n_jobs": either(whole(1), NOTHING),
    "hydra.sweeper.seeds": whole(1),
    "hydra.sweeper.metric": ("a validation metric, such as val/loss", lambda v: str(v).startswith("val/")),
    "hydra.sweeper.direction": one_of("minimize", "maximize"),
    "hydra.sweeper.most_parameters": either(whole(1), NOTHING),
    # tensorboard
    "port": ("a port from 0 (any free one) to 65535", lambda v: _is_int(v) and 0 <= v < 2**16),
    # generate, predict, evaluate
    "format": one_of("text", "csv", "json"),
    "target": either(ABOVE_ZERO, NOTHING),
    "part": one_of("val", "test"),
    "samples": whole(1),
    "length": either(whole(1), NOTHING),
    "temperature": AT_LEAST_ZERO,
    "top_k": either(whole(1), NOTHING),
}

GROUPS = ("task", "data", "cell", "model", "optimizer", "scheduler", "trainer", "callbacks", "logger", "split")
NEEDED = ("seed", "sweep", "init_from", "rerun", "dry_run", "on_failure", "split.seed", "split.deduplicate",
          "data.batch_size", "data.sequence_length", "optimizer.lr", "model.embedding_size", "model.hidden_size",
          "model.num_layers", "model.dropout", "model.bidirectional", "trainer.threads")  # fmt: skip


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


def check(config: Mapping[str, Any]) -> None:
    """Check every value of a plain configuration, every target and every package that an option needs.

    Raises:
        UserError: The first thing that is wrong.
    """
    for group in GROUPS:
        if not isinstance(config.get(group, {}), Mapping):
            raise UserError(f"{group}: choose an option of this group, not {config[group]!r}")
    for group in ("callbacks", "logger"):
        for name, entry in config.get(group, {}).items():
            if not (isinstance(entry, Mapping) and "_target_" in entry):
                raise UserError(f"{group}.{name}: a mapping with a _target_ is expected, not {entry!r}")
    for key, value in flatten(config):
        if key in RULES and not RULES[key][1](value):
            raise UserError(f"{key} must be {RULES[key][0]}, not {value!r}")
    for key, target in targets.targets(config):
        targets.check(target, key)
    for name, logger in config.get("logger", {}).items():
        package = logger.get("package")
        # A dotted name would be imported by the look-up.
        if package and not (str(package).isidentifier() and importlib.util.find_spec(package)):
            raise UserError(f"logger={name}: the package {package} is not installed; pip install {package}")


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a nested configuration as (dotted key, value)."""
    for name, value in config.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(value, Mapping) and value:
            yield from flatten(value, key)
        else:
            yield key, value
