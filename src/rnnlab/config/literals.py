"""Values that are taken to the letter: a prompt, a text, a path, quoted before Hydra's grammar sees them."""

from __future__ import annotations

import json
import re
from typing import Any

FILE_KEYS = frozenset(
    {"file", "path", "checkpoint", "init_from", "data.path", "data.tokenizer", "folder", "output"}
) | {*("data.train", "data.validation", "data.test")}
TEXT_KEYS = frozenset({"text", "prompt", "condition", "callbacks.hidden_states.text", "callbacks.saliency.text"})
LITERAL_KEYS = FILE_KEYS | TEXT_KEYS | {"holds", "name", "question"}
# Columns of a table and sweeps have whatever names people gave them, which may also be listed, swept or null.
NAME_KEYS = re.compile(r"(data\.)?\w+_column|sweep")
PLAIN = re.compile(r"[\w./:+-]+", re.ASCII)
IN_GRAMMAR = re.compile(rf"""({PLAIN.pattern},?)*|'.*'|".*"|(choice|glob|sort|shuffle|tag)\(.*\)""", re.ASCII)
BETWEEN_NAMES = re.compile(r",(?=\S)")  # a comma before a blank belongs to a name
ONE_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
PLAIN_LIST = re.compile(r"""\[([^\[\]'"]*)\]""")


def quote_arguments(arguments: list[str]) -> list[str]:
    """Quote the value of every `key=value` whose key takes its value to the letter; leave the others alone."""
    return [_quote_argument(argument) for argument in arguments]


def quote_swept(arguments: list[str]) -> list[str]:
    """Quote names only, as a study's `params` need it: paths and texts are swept there, and so taken apart."""
    is_name = [NAME_KEYS.fullmatch(word.partition("=")[0].lstrip("+")) for word in arguments]
    return [_quote_argument(word) if name else word for word, name in zip(arguments, is_name, strict=True)]


def written(value: Any) -> str:
    """A plain value as Hydra's grammar has it behind `key=`: text in quotation marks, a list in brackets."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, str):
        return quote(value)
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def quote(value: str) -> str:
    r"""One word of Hydra's override grammar that stands for exactly `value`.

    Two readers take it apart. Hydra's knows how to quote for itself. OmegaConf takes `${` for an interpolation unless
    it is escaped, and halves the backslashes in front of that, so those are doubled first.
    """
    from hydra.core.override_parser.types import Quote, QuotedString  # when a command has begun, not for its help

    escaped = re.sub(r"(\\*)\$\{", lambda m: m[1] * 2 + r"\${", value)
    return QuotedString(escaped, Quote.single).with_quotes()


def unquote_argument(argument: str) -> str:
    """A `key=value` as it was before `quote_arguments`, whichever key it has."""
    key, equals, value = argument.partition("=")
    literal = key.lstrip("+") in LITERAL_KEYS or NAME_KEYS.fullmatch(key.lstrip("+"))
    if not (equals and literal and ONE_QUOTED.fullmatch(value)):
        return argument
    value = value[1:-1]
    trailing = len(value) - len(value.rstrip("\\"))
    value = value[: len(value) - trailing // 2]
    value = re.sub(r"(\\*)'", lambda m: m[1][: len(m[1]) // 2] + "'", value)
    value = re.sub(r"(\\*)\$\{", lambda m: m[1][: len(m[1]) // 2] + "${", value)
    return f"{key}={value}"


def _quote_argument(argument: str) -> str:
    key, equals, value = argument.partition("=")
    name = key.lstrip("+")
    if equals and name in LITERAL_KEYS:
        return f"{key}={quote(value)}"
    if equals and NAME_KEYS.fullmatch(name):
        return f"{key}={_quote_names(value)}"
    return argument


def _quote_names(value: str) -> str:
    """A name, or a list of names, of which those are quoted that Hydra's grammar would not take for one."""
    if items := PLAIN_LIST.fullmatch(value):
        return f"[{','.join(item if PLAIN.fullmatch(item) else quote(item) for item in items[1].split(','))}]"
    if IN_GRAMMAR.fullmatch(value):
        return value
    return ",".join(item if PLAIN.fullmatch(item) else quote(item) for item in BETWEEN_NAMES.split(value))
