"""Hydra's and OmegaConf's errors, each as one line that names the key and what would be right."""

from __future__ import annotations

import difflib
import re

from hydra.errors import MissingConfigException, OverrideParseException
from omegaconf import errors

from rnnlab.config.reference import all_keys, group_options, options_with


def explain(error: Exception, command: str) -> str:
    """Say in one line what is wrong: which key, and what would be right.

    The error itself and what has caused it are asked in turn, first by their class, then by their text.
    """
    causes = _causes(error)
    lines = [*map(_by_class, causes), *(_by_text(cause, command) for cause in causes)]
    return next(filter(None, lines), "") or _first_line(str(error)) or type(error).__name__


def _by_class(cause: BaseException) -> str:
    match cause:
        case MissingConfigException():
            return _missing_option(cause)
        case OverrideParseException():
            return _unreadable_word(str(cause.override), _first_line(cause.message))
        case errors.MissingMandatoryValue():
            return _missing_value(cause)
        case errors.InterpolationResolutionError() | errors.ConfigTypeError() | errors.ValidationError():
            return f"{cause.full_key or 'configuration'}: {_first_line(str(cause.msg or cause))}"
        case _:
            return ""


def _by_text(cause: BaseException, command: str) -> str:
    if unknown := re.search(r"Could not override '([^']+)'", str(cause)):
        return unknown_key(unknown[1], command)
    if several := re.search(r"(?:Sweep parameters|Ambiguous value for argument) '([^']+)'", str(cause)):
        return f"{several[1]}: several values need -m (or quotes, if the comma belongs to the value)"
    return ""


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in causes:
        causes.append(current)
        current = current.__cause__ or current.__context__
    return causes


def _unreadable_word(word: str, reason: str) -> str:
    if not re.match(r"[+~]*[\w./@:-]+=", word, re.ASCII):
        return f"{word}: not of the form key=value ({reason})"
    return f"{word}: the value cannot be read ({reason}); a text with such characters needs quotation marks of its own"


def _missing_option(error: MissingConfigException) -> str:
    name = error.missing_cfg_file or ""
    group, _, option = name.rpartition("/")
    options = list(error.options or []) or group_options(group)
    if not group:
        return f"there is no configuration named '{name}'"
    if not options:
        return f"{group}={option}: there is no group '{group}'"
    return f"{group}={option}: no such option; choose {_one_of(options)}"


def _missing_value(error: errors.MissingMandatoryValue) -> str:
    key = str(error.full_key or "").strip(".")
    if not key:
        match = re.search(r"Missing mandatory value: (\S+)", str(error))
        key = match[1] if match else "a key"
    return f"{key}: no value was given; add {key}=VALUE"


def unknown_key(key: str, command: str) -> str:
    """One line about a key that there is not, with the likeliest one that was meant."""
    if owners := options_with(key, command):
        return f"{key}: not a key of the chosen options; it belongs to {_one_of(owners)}"
    known = all_keys(command)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    same_name = [k for k in known if k.rpartition(".")[2] == key.rpartition(".")[2]]
    guess = (same_name or near)[:1]
    hint = f"did you mean {guess[0]}?" if guess else f"`rnnlab {command} --help` lists the keys"
    return f"{key}: unknown key; {hint}"


def _one_of(options: list[str]) -> str:
    return options[0] if len(options) == 1 else f"{', '.join(options[:-1])} or {options[-1]}"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
