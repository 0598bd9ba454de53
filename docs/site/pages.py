"""The source of the site: the pages of docs/, and those that are made from other files of the checkout.

    python docs/site/pages.py FOLDER

The start page, the notebooks, the studies, the configuration and the changes are made. Links between files of the
checkout become links between pages, or lead to the repository.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from notebooks import write_page

from rnnlab.config import reference, yaml_docs
from rnnlab.config.locations import conf_folder
from rnnlab.config.yaml_docs import Key

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/rnnlab/rnnlab"
PICTURES = (".png", ".svg")
NOTEBOOK = ".ipynb"


def write_pages(folder: Path) -> None:
    """Write the source of every page, and the pictures."""
    shutil.rmtree(folder, ignore_errors=True)
    made = {source.relative_to(ROOT).as_posix(): place for source, place in _sources()}
    places = {**made, "conf": "configuration.md"}
    for source, place in made.items():
        there = folder / place
        there.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(NOTEBOOK):
            there.write_text(with_links(write_page(ROOT / source, there), source, places), encoding="utf-8")
        elif there.suffix == ".md":
            there.write_text(with_links((ROOT / source).read_text(encoding="utf-8"), source, places), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / source, there)
    (folder / "configuration.md").write_text("\n".join(_configuration()), encoding="utf-8")


def with_links(markdown: str, source: str, places: dict[str, str]) -> str:
    """Let the links of a page lead to where their files are on the site, or in the repository.

    Args:
        markdown: The page.
        source: The file that it is made of, from the root of the checkout.
        places: Where each file of the checkout is on the site.
    """

    def moved(match: re.Match[str]) -> str:
        before, target, after = match.groups()
        return f"{before}{_moved(target, source, places)}{after}"

    return re.sub(r'(<img src=")([^"]+)(")', moved, re.sub(r"(\]\()([^)\s]+)(\))", moved, markdown))


def _sources() -> Iterator[tuple[Path, str]]:
    """Every file that a page or a picture is made of, and its place on the site."""
    for file in sorted((ROOT / "docs").rglob("*")):
        place = file.relative_to(ROOT / "docs")
        if file.is_file() and place.parts[0] != "site":
            yield file, (place.with_suffix(".md") if place.suffix == NOTEBOOK else place).as_posix()
    yield ROOT / "README.md", "index.md"
    yield ROOT / "CHANGELOG.md", "changes.md"
    yield ROOT / "CONTRIBUTING.md", "contributing.md"
    studies = ROOT / "experiments"
    yield studies / "README.md", "studies/index.md"
    yield studies / "systems.md", "studies/systems.md"
    yield studies / "report.png", "studies/report.png"
    for study in sorted(path.parent for path in studies.glob("*/README.md")):
        yield study / "README.md", f"studies/{study.name}.md"
        yield from ((file, f"studies/{study.name}/{file.name}") for file in study.iterdir() if file.suffix in PICTURES)


def _moved(target: str, source: str, places: dict[str, str]) -> str:
    """Return a link of a file as a link of the page that is made of it."""
    path, mark, heading = target.partition("#")
    if re.match(r"[a-z]+:", target) or not path:
        return target
    there = os.path.normpath(Path(source).parent / path)
    if there in places:
        return os.path.relpath(places[there], Path(places[source]).parent) + mark + heading
    if (ROOT / there).exists():
        return f"{REPOSITORY}/{'tree' if (ROOT / there).is_dir() else 'blob'}/main/{there}{mark}{heading}"
    return target


def _configuration() -> Iterator[str]:
    """Every command, group, option and key, from the YAML files and their comments."""
    yield "# Configuration\n"
    yield "Every key of every command, from the files in `conf/`; `rnnlab COMMAND --help` shows the same.\n"
    for command, summary in reference.commands().items():
        keys = [key for key in reference.command_keys(command) if key.shown] if command != "completion" else []
        yield f"## rnnlab {command}\n\n{_escaped(summary)}\n"
        yield from _table(keys)
    for group in _groups():
        yield f"## {group}\n"
        for option in reference.group_options(group):
            file = reference.option_file(group, option)
            assert file is not None
            yield f"### {group}={option}\n\n{_escaped(yaml_docs.summary(file))}\n"
            yield from _table([key for key in reference.keys_of(group, option) if key.shown])


def _groups() -> list[str]:
    folders = {file.parent.relative_to(conf_folder()).as_posix() for file in conf_folder().rglob("*.yaml")}
    return sorted(folders - {".", "command"})


def _table(keys: list[Key]) -> Iterator[str]:
    if keys:
        yield "| key | default | |\n|---|---|---|"
        for key in keys:
            yield f"| `{key.name}` | {_code(key.default)} | {_escaped(key.remark)} |"
        yield ""


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`" if text.strip() else ""


def _escaped(text: str) -> str:
    return re.sub(r"([|<>*_\[\]])", r"\\\1", text)


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
