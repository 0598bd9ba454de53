"""The console of every command."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from rnnlab.control_characters import shown
from rnnlab.verbosity import is_quiet


class Terminal(Console):
    """A console that shows the control characters of what it is given, and sends only its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of something to print, their text as `shown` returns it."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)


def progress_console() -> Terminal:
    """Return the console on stderr that tells how a command gets on, and says nothing in a quiet one."""
    return Terminal(stderr=True, quiet=is_quiet())
