"""What each key may hold. A key that is not listed may hold anything: it belongs to a plugin or to Lightning."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from typing import Any

from rnnlab.config import targets
from rnnlab.config.kinds import (
    ABOVE_ZERO,
    AT_LEAST_ZERO,
    BOUND,
    CHANCE,
    DURATION,
    FOLDER_NAME,
    NOTHING,
    NUMBER,
    NUMBERS,
    PORTION,
    PROBES,
    SEED,
    SHARE,
    TEXTS,
    TRUE_OR_FALSE,
    Rule,
    either,
    is_int,
    one_of,
    several,
    whole,
)
from rnnlab.config.trainer_arguments import check_trainer
from rnnlab.errors import UserError

SWITCHES = (
    "early_stopping", "samples", "confusion_matrix", "pr_curve", "custom_scalars", "effort", "graph", "embedding",
    "gradient_flow", "hidden_states", "saliency", "embedding_vectors", "gates", "gradient_norm", "histograms",
    "averaging", "forecasts",
)  # fmt: skip

RULES: dict[str, Rule] = {
    "seed": SEED,
    **dict.fromkeys(("rerun", "dry_run"), TRUE_OR_FALSE),
    "on_failure": one_of("continue", "stop"),
    "init_from": either(("the path of a checkpoint or of a run's folder", lambda v: isinstance(v, str)), NOTHING),
    "task.shown": TEXTS,
    "probes": PROBES,
    "sweep": FOLDER_NAME,
    "holds": either(BOUND, NOTHING),
    "split.seed": SEED,
    "split.deduplicate": TRUE_OR_FALSE,
    "data.batch_size": whole(1),
    "data.sequence_length": whole(1),
    "data.bucketing": TRUE_OR_FALSE,
    "data.windows": one_of("streams", "sliding"),
    "data.stride": whole(1),
    "data.word_length": whole(1),
    "data.tag_column": one_of("UPOS", "XPOS", "FEATS", "DEPREL"),
    "data.level": one_of("char", "word", "bpe"),
    "data.vocab_size": whole(2),
    "data.tokenizer": either(("the path of a tokenizer.json", lambda v: isinstance(v, str)), NOTHING),
    "data.min_count": whole(1),
    "data.parts": one_of("80/10/10", "90/10", "whole"),
    "data.texts": whole(1),
    "data.gap": whole(0),
    **{f"data.{name}": whole(1) for name in ("horizon", "season")},
    "data.normalise": one_of("series", "window"),
    **{f"data.reader.{name}": whole(1) for name in ("length", "channels", "most")},
    "data.reader.periods": NUMBERS,
    "data.reader.amplitudes": NUMBERS,
    "data.reader.noise": AT_LEAST_ZERO,
    "data.reader.seed": SEED,
    "data.limit": either(whole(1), NOTHING),
    "data.sequences": whole(1),
    "data.reader.threshold": NUMBER,
    "data.reader.more_than": whole(0),
    "data.reader.tolerance": ABOVE_ZERO,
    "data.labels": either(("a word for what the labels are, such as sex", lambda v: isinstance(v, str)), NOTHING),
    "data.reader.year": ("a year from 1880 to 2017", lambda v: is_int(v) and 1880 <= v <= 2017),
    "model.embedding_size": whole(1),
    "model.hidden_size": whole(1),
    "model.num_layers": whole(1),
    "model.dropout": SHARE,
    "model.embedding_dropout": SHARE,
    "cell.weight_dropout": SHARE,
    "model.tie_weights": TRUE_OR_FALSE,
    "model.bidirectional": TRUE_OR_FALSE,
    "model.condition": either(("what the labels are, such as sex", lambda v: isinstance(v, str)), NOTHING),
    "model.pooling": one_of("last", "mean", "max", "concat"),
    "model.word_dropout": SHARE,
    "model.teacher_forcing": CHANCE,
    "model.char_embedding_size": whole(1),
    "model.char_hidden_size": whole(0),
    "optimizer.lr": ABOVE_ZERO,
    "optimizer.weight_decay": AT_LEAST_ZERO,
    "optimizer.momentum": SHARE,
    "scheduler.warmup": SHARE,
    "scheduler.final_lr": AT_LEAST_ZERO,
    "trainer.accelerator": one_of("auto", "cpu", "gpu", "cuda", "mps", "tpu"),
    "trainer.devices": ("1: a run has one device, and a sweep uses more by doing several runs", lambda v: v == 1),
    "trainer.precision": one_of("32-true", "32", "bf16-mixed", "16-mixed"),
    "trainer.block_size": whole(1),
    "trainer.threads": either(whole(1), NOTHING),
    "trainer.max_epochs": whole(0),
    "trainer.max_steps": either(whole(1), ("-1", lambda v: v == -1)),
    "trainer.max_time": either(DURATION, NOTHING),
    "trainer.gradient_clip_val": either(ABOVE_ZERO, NOTHING),
    "trainer.val_check_interval": PORTION,
    **{f"trainer.limit_{part}_batches": PORTION for part in ("train", "val", "test")},
    "trainer.log_every_n_steps": whole(1),
    **{f"trainer.{name}": TRUE_OR_FALSE for name in ("detect_anomaly", "inference_mode")},
    "trainer.profiler": either(one_of("simple", "advanced"), NOTHING),
    "callbacks.early_stopping.patience": whole(1),
    "callbacks.early_stopping.min_delta": AT_LEAST_ZERO,
    "callbacks.early_stopping.mode": one_of("min", "max"),
    "callbacks.averaging.decay": SHARE,
    **{f"callbacks.{name}.count": whole(1) for name in ("samples", "forecasts")},
    **{f"callbacks.{name}.symbols": whole(1) for name in ("embedding", "embedding_vectors")},
    **{f"callbacks.{name}.{key}": whole(1) for name in ("gradient_flow", "gates") for key in ("rows", "steps")},
    **{f"callbacks.{name}.enabled": TRUE_OR_FALSE for name in SWITCHES},
    "hydra.launcher.workers": either(whole(1), NOTHING),
    "hydra.sweeper.n_trials": whole(1),
    "hydra.sweeper.n_jobs": either(whole(1), NOTHING),
    "hydra.sweeper.seeds": whole(1),
    "hydra.sweeper.metric": ("a validation metric, such as val/loss", lambda v: str(v).startswith("val/")),
    "hydra.sweeper.direction": one_of("minimize", "maximize"),
    "hydra.sweeper.most_parameters": either(whole(1), NOTHING),
    # probe
    **{
        f"probe.{name}": whole(1)
        for name in ("rows", "steps", "batches", "symbols", "shown", "nearest", "count", "peaks", "context", "lines")
    },
    "probe.layer": either(whole(1), NOTHING),
    "probe.units": either(several(whole(0), "[3,17]"), NOTHING),
    "probe.lengths": several(whole(1), "[5,10]"),
    **{f"probe.{name}": several(ABOVE_ZERO, "[0.5,1.0]") for name in ("radii", "scales", "largest")},
    "probe.seed": SEED,
    "untrained": TRUE_OR_FALSE,
    # tensorboard
    "port": ("a port from 0 (any free one) to 65535", lambda v: is_int(v) and 0 <= v < 2**16),
    # study
    "report": either(one_of("only"), NOTHING),
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
          "model.num_layers", "model.dropout", "model.bidirectional", "trainer.threads",
          "trainer.block_size")  # fmt: skip


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
    check_trainer(config.get("trainer", {}), {key.removeprefix("trainer.") for key in RULES})
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
