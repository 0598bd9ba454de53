"""Pages of the notebooks in docs/teach: executed when the site is built, their solutions too, and written as Markdown.

Notebooks are committed without outputs, so that a page shows what this version of rnnlab answers and a change of a
notebook can be read. A cell that draws begins with a comment that says what the picture shows: it becomes the words of
the picture for those who cannot see it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import nbformat
from jinja2 import DictLoader
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

SOLUTION = re.compile(r"<details>\n(.*?)</details>", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
SOURCE = "https://github.com/rnnlab/rnnlab/blob/main/docs/teach"
LONGEST = 600  # seconds of a cell
HOME = "/home/you"  # in place of the folder that a notebook is executed in
SETTINGS = {"OMP_NUM_THREADS": "1"}  # small networks: a second thread would only wait

TEMPLATE = """{% extends 'markdown/index.md.j2' %}
{% block data_png %}![{{ cell.metadata.alt }}]({{ output.metadata.filenames['image/png'] | path2url }})
{% endblock data_png %}
{% block data_html %}<div class="output">{{ output.data['text/html'] }}</div>
{% endblock data_html %}
{% block stream %}
```text
{{ output.text | trim }}
```
{% endblock stream %}
{% block data_text %}
```text
{{ output.data['text/plain'] | trim }}
```
{% endblock data_text %}
"""


def execute(notebook: Path) -> NotebookNode:
    """Execute a notebook in an empty folder, the code of its solution as well.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell fails.
    """
    read = nbformat.read(notebook, as_version=4)
    read.cells = [piece for cell in read.cells for piece in _pieces(cell)]
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(read, timeout=LONGEST, kernel_name="python3", resources={"metadata": {"path": folder}})
        client.execute(env={**os.environ, **SETTINGS})
        return nbformat.reads(nbformat.writes(read).replace(folder, HOME), as_version=4)


def write_page(notebook: Path, page: Path) -> str:
    """Execute a notebook, write its pictures beside a page, and return the page's Markdown.

    Args:
        notebook: The file.
        page: Where the page will be written.
    """
    exporter = MarkdownExporter(extra_loaders=[DictLoader({"page.md.j2": TEMPLATE})], template_file="page.md.j2")
    exporter.register_preprocessor(CoalesceStreamsPreprocessor, enabled=True)
    pictures = f"{page.stem}-pictures"
    text, resources = exporter.from_notebook_node(
        _with_words(execute(notebook)), {"unique_key": page.stem, "output_files_dir": pictures}
    )
    (page.parent / pictures).mkdir(parents=True, exist_ok=True)
    for name, content in resources["outputs"].items():
        (page.parent / name).write_bytes(content)
    head, rest = str(text).split("\n", 1)
    return f"{head}\n\n*This page is a notebook: [{notebook.name}]({SOURCE}/{notebook.name}).*\n{rest}"


def _pieces(cell: NotebookNode) -> Iterator[NotebookNode]:
    """Yield a cell; one with a hidden solution as text and code in turn, so that the code is executed."""
    found = SOLUTION.search(cell.source) if cell.cell_type == "markdown" else None
    if found is None:
        yield cell
        return
    inside = f'<details markdown="1">\n{found[1]}</details>'  # of which the site reads the Markdown too
    texts = CODE.split(cell.source[: found.start()] + inside + cell.source[found.end() :])
    for number, text in enumerate(texts):
        yield new_code_cell(text.strip()) if number % 2 else new_markdown_cell(text)


def _with_words(notebook: NotebookNode) -> NotebookNode:
    """Give every cell the words of its picture, and leave out what was shown only for a while."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            comments = takewhile(lambda line: line.startswith("#"), cell.source.splitlines())
            cell.metadata["alt"] = " ".join(line.removeprefix("#").strip() for line in comments)
            cell.outputs = [output for output in cell.outputs if output.get("data", {}).get("text/html") != ""]
            if any("image/png" in output.get("data", {}) for output in cell.outputs):
                assert cell.metadata["alt"], f"a cell that draws says first what it shows: {cell.source}"
    return notebook
