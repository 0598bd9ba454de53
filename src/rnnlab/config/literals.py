"""Values that are taken to the letter: a prompt, a text, a path, quoted before Hydra's grammar sees them."""

from __future__ import annotations

import re

FILE_KEYS = frozenset({"file", "path", "checkpoint", "init_from", "data.path", "data.tokenizer", "folder"})
TEXT_KEYS = frozenset({"text", "prompt", "condition", "callbacks.hidden_states.text", "callbacks.saliency.text"})
LITERAL_KEYS = FILE_KEYS | TEXT_KEYS | {"holds", "name", "question"}


def quote_arguments(arguments: list[str]) -> list[str]:
    """Quote the value of every `key=value` whose key takes its value literally; leave the others alone."""
    return [_quote_argument(argument) for argument in arguments]


def quote(value: str) -> str:
    r"""One word of Hydra's override grammar that stands for exactly `value`.

    Two readers take it apart. Hydra ends a quoted value at the first quote that is not escaped, and halves the
    backslashes in front of a quote; OmegaConf takes `${` for an interpolation unless it is escaped, and halves the
    backslashes in front of that, so those are doubled for each of them, innermost first.
    """
    if "${" in value:
        value = re.sub(r"(\\*)\$\{", lambda m: m[1] * 2 + r"\${", value)
    value = re.sub(r"(\\*)'", lambda m: m[1] * 2 + r"\'", value)
    trailing = len(value) - len(value.rstrip("\\"))
    return f"'{value}{chr(92) * trailing}'"


def unquote_argument(argument: str) -> str:
    """A `key=value` as it was before `quote_arguments`, whichever key it has."""
    key, equals, value = argument.partition("=")
    if not (equals and key.lstrip("+") in LITERAL_KEYS and len(value) > 1 and value[0] == value[-1] == "'"):
        return argument
    value = value[1:-1]
    trailing = len(value) - len(value.rstrip("\\"))
    value = value[: len(value) - trailing // 2]
    value = re.sub(r"(\\*)'", lambda m: m[1][: len(m[1]) // 2] + "'", value)
    value = re.sub(r"(\\*)\$\{", lambda m: m[1][: len(m[1]) // 2] + "${", value)
    return f"{key}={value}"


def _quote_argument(argument: str) -> str:
    key, equals, value = argument.partition("=")
    if equals and key.lstrip("+") in LITERAL_KEYS:
        return f"{key}={quote(value)}"
    return argument
