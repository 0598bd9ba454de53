"""Text of files and names on its way to a terminal or a file: control characters are shown, never carried out."""

from __future__ import annotations

import json
from typing import Any

# C0 but for tab and line feed, delete, C1, line separators, and what turns the direction of text.
CONTROL = (
    *(*range(9), *range(11, 32), *range(0x7F, 0xA0)),
    *(0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
)
IN_JSON = {code: f"\\u{code:04x}" for code in CONTROL}  # of which JSON itself escapes those of C0
SHOWN = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in CONTROL}


def shown(text: str) -> str:
    r"""Return a text as a terminal may get it: an escape is shown as `\x1b`; tabs and line feeds stay."""
    return text if text.isprintable() else text.translate(SHOWN)


def in_one_line(text: str) -> str:
    r"""Return a text as `shown` does, in one line: a line feed is shown as `\n`, a tab as `\t`."""
    return shown(text).replace("\n", "\\n").replace("\t", "\\t")


def to_json(value: Any, **how: Any) -> str:
    r"""Return a value as `json.dumps` writes it, and what else a terminal would obey as `\u009b`."""
    return json.dumps(value, **how).translate(IN_JSON)


def say(*texts: Any, **how: Any) -> None:
    """Print texts as `print` does, as `shown` returns them."""
    print(*(shown(str(text)) for text in texts), **how)
