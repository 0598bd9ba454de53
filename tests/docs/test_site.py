"""The site: built without a warning, and looked at from a disk in a browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from playwright.sync_api import Browser

from browser import opened
from support import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "teach").glob("*.ipynb"))
BUILDER = Path(sys.executable).parent / "zensical"


class Links(HTMLParser):
    """What a page of HTML points at, and the names that others can point at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.names: set[str] = set()
        self.pictures_without_words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if name := values.get("id"):
            self.names.add(name)
        if target := values.get("href" if tag in ("a", "link") else "src"):
            self.targets.append(target)
        if tag == "img" and not values.get("alt"):
            self.pictures_without_words.append(str(values.get("src")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning, such as of a link that leads nowhere, ends the build."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, ROOT / "docs/site/pages.py", folder / "pages"], check=True)
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for there, here in (
        ("build/docs", "pages"),
        ("build/site", "site"),
        ("[src]", f"[{ROOT}/src]"),
        ("docs/site", f"{ROOT}/docs/site"),
    ):
        assert there in settings
        settings = settings.replace(there, here)
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")
    done = subprocess.run([BUILDER, "build", "--strict"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.mark.docs
def test_every_link_of_the_site_leads_somewhere_and_every_picture_has_words(site: Path) -> None:
    pages = {file: Links(file.read_text(encoding="utf-8")) for file in site.rglob("*.html") if file.name != "404.html"}
    assert len(pages) > 50
    for file, links in pages.items():
        assert not links.pictures_without_words, file
        for target in links.targets:
            if re.match(r"[a-z]+:|//", target):
                continue
            name, _, heading = target.partition("#")
            there = (file.parent / unquote(name)).resolve() if name else file
            assert there.exists(), f"{file.relative_to(site)}: {target}"
            assert not heading or there not in pages or unquote(heading) in pages[there].names, f"{file}: {target}"


def test_notebooks_are_committed_without_outputs_and_end_in_an_exercise_with_a_hidden_solution() -> None:
    assert len(NOTEBOOKS) == 4
    for file in NOTEBOOKS:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        assert not any(cell.get("outputs") for cell in cells), file.name
        last = "".join(cells[-1]["source"])
        assert "## Exercise" in last and "<details>\n<summary>Solution</summary>" in last and "```python" in last
        assert any("rnnlab." in "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.mark.docs
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_page_of_a_notebook_shows_what_its_cells_and_its_solution_answer(site: Path, notebook: Path) -> None:
    """The site is built of executed notebooks, and a cell that fails ends the build."""
    page = (site.parent / "pages" / "teach" / f"{notebook.stem}.md").read_text(encoding="utf-8")
    before, solution = page.split('<details markdown="1">')
    assert re.search(r"!\[[A-Z][^\]]{20,}\]\(", before), "a picture with words"
    assert "```text" in solution or "-pictures/" in solution, "what the solution prints or draws"
    assert "/tmp/" not in page
    html = (site / "teach" / f"{notebook.stem}.html").read_text(encoding="utf-8")
    assert "<summary>Solution</summary>" in html and "```" not in html


@pytest.mark.docs
def test_every_key_and_every_public_name_is_in_the_reference(site: Path) -> None:
    configuration = (site / "configuration.html").read_text(encoding="utf-8")
    for file in (ROOT / "conf").rglob("*.yaml"):
        group = file.parent.relative_to(ROOT / "conf").as_posix()
        title = {".": "rnnlab train", "command": f"rnnlab {file.stem}"}.get(group, f"{group}={file.stem}")
        assert f">{title}<" in configuration, title
    assert all(f"<code>{key}</code>" in configuration for key in ("model.hidden_size", "optimizer.lr", "compare.by"))
    import rnnlab

    api = (site / "reference" / "api.html").read_text(encoding="utf-8")
    assert all(f'id="rnnlab.{name}"' in api for name in rnnlab.__all__)


@pytest.mark.docs
def test_the_site_is_read_from_a_disk_on_a_telephone_and_on_a_screen(browser: Browser, site: Path) -> None:
    for name in (
        "index",
        "sweeps/answers",
        "configuration",
        "studies/index",
        *(f"teach/{file.stem}" for file in NOTEBOOKS),
    ):
        with opened(browser, f"file://{site / name}.html", width=390) as page:
            page.page.wait_for_load_state()
            for width in (390, 1280):
                page.page.set_viewport_size({"width": width, "height": 1000})
                wide = page.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} is {wide} pixels wide"
            assert page.errors == [], name


@pytest.mark.docs
def test_the_search_works_without_a_server(browser: Browser, site: Path) -> None:
    with opened(browser, f"file://{site}/index.html") as page:
        page.page.get_by_role("button", name="Search").click()
        page.page.get_by_placeholder("Search").fill("studentised range")
        page.page.get_by_text(re.compile(r"^\d+ results?$")).wait_for()
        assert page.page.get_by_text("How to read an answer").last.is_visible()
        assert page.errors == []


def test_every_page_is_in_the_navigation() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = set(re.findall(r"[\w/-]+\.md", str(settings["nav"])))
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert len(pages) > 20 and pages <= named
