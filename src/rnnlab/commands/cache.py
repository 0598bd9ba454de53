"""`rnnlab cache`: what this machine keeps of large data that has been encoded; `rnnlab cache clear` removes it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rnnlab.config.compose import compose
from rnnlab.control_characters import in_one_line, say
from rnnlab.data.cache.entries import Entry, clear, entries
from rnnlab.data.cache.hashes import forget
from rnnlab.data.cache.location import GB, LIMIT_VARIABLE, data_dir, size_limit
from rnnlab.verbosity import say_unless_quiet

CLEAR = "clear"


def main(arguments: list[str]) -> int:
    """Show the entries of the cache, or remove those that no process reads.

    Raises:
        UserError: The arguments are wrong, or the cache's limit is.
    """
    config = compose("cache", [f"{CLEAR}=true" if word == CLEAR else word for word in arguments])
    if config[CLEAR]:
        removed, kept = clear()
        forget()
        say(f"removed {_several(removed)}")
        for entry in kept:
            say(f"kept {entry.title}: a process reads it")
        return 0
    kept, limit = entries(), size_limit()
    for entry in kept:
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))
        say(f"{_size(entry.size):>9}  used {used}{', in use' if entry.in_use else ''}  {in_one_line(entry.title)}")
    say(f"{_several(kept)} in {data_dir()}")
    say_unless_quiet(
        f"They may take {limit / GB:g} GB together ({LIMIT_VARIABLE}), then those used longest ago are removed;"
        f" `rnnlab cache {CLEAR}` removes all."
    )
    return 0


def _several(found: Sequence[Entry]) -> str:
    corpora = "corpus" if len(found) == 1 else "corpora"
    return f"{len(found)} encoded {corpora}, {_size(sum(entry.size for entry in found))}"


def _size(size: int) -> str:
    return f"{size / GB:.2f} GB" if size >= GB else f"{size / 1e6:.1f} MB"
