"""docs/reference/promises.md: every promise names the test that holds it, and the README leads to the page."""

from __future__ import annotations

import re

from support import ROOT

PAGE = (ROOT / "docs" / "reference" / "promises.md").read_text(encoding="utf-8")


def test_every_promise_names_a_test_that_exists() -> None:
    promised, _, _ = PAGE.partition("## What is not promised")
    promises = re.findall(r"^- (.+?)(?=^- |^#|\Z)", promised, re.MULTILINE | re.DOTALL)
    assert len(promises) > 8
    for promise in promises:
        files = re.findall(r"`(tests/[^`]+\.py)`", promise)
        assert files and all((ROOT / file).is_file() for file in files), promise


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/reference/promises.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
