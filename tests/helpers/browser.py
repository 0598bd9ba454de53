"""Pages in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page


@dataclass(frozen=True)
class Opened:
    """A page and what went wrong in it.

    Attributes:
        page: To look at and to click on.
        errors: What its console has said as an error, and exceptions of its scripts, so far.
    """

    page: Page
    errors: list[str]


@contextmanager
def opened(browser: Browser, address: str, width: int = 1400, height: int = 1000) -> Iterator[Opened]:
    """A page of that size in a window of its own, at that address (`http://…` or `file://…`)."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(address)
        yield Opened(page, errors)
    finally:
        context.close()
