"""The console of every command, and what it shows of work that is going on: in a terminal, or in a notebook."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

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


class NotebookDisplay:
    """Shows in a cell's output of a notebook what a terminal shows below its lines, and takes it away at the end.

    rich's own display there needs ipywidgets, a package that many notebooks do without.
    """

    WIDTH = 100  # characters

    def __init__(self, render: Callable[[], RenderableType], refreshes: float) -> None:
        """Configure the display.

        Args:
            render: Returns what is to be shown now; called from a thread.
            refreshes: How often a second.
        """
        self._render, self._seconds = render, 1 / refreshes
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._refresh, daemon=True)
        self._handle: Any = None

    def start(self) -> None:
        """Show it, and go on until `stop`."""
        from IPython.display import HTML, display  # it is there, since this is a notebook

        self._html = HTML
        self._handle = display(self._html(self._drawn()), display_id=True)
        self._thread.start()

    def stop(self) -> None:
        """Take it away; without effect a second time."""
        if not self._ended.is_set() and self._handle is not None:
            self._ended.set()
            self._thread.join()
            self._handle.update(self._html(""))

    def _refresh(self) -> None:
        while not self._ended.wait(self._seconds):
            self._handle.update(self._html(self._drawn()))

    def _drawn(self) -> str:
        paper = Terminal(file=io.StringIO(), record=True, width=self.WIDTH, force_jupyter=False)
        paper.print(self._render())
        return paper.export_html(inline_styles=True, code_format="<pre>{code}</pre>")
