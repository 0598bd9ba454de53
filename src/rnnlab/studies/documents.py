"""Write a document, such as a probe returns, as Markdown and to the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import Chart
from rnnlab.report.tables.writers import empty_table, markdown_table


def document_markdown(document: Document) -> str:
    """Write a document with an empty line between its blocks; a chart is a PNG of its name, beside the text."""
    return "\n\n".join(_markdown(block) for block in document.blocks)


def print_document(document: Document, console: Console) -> None:
    """Print paragraphs and tables; charts are left to the files."""
    for block in document.blocks:
        if isinstance(block, str):
            console.print(Text(block.replace("`", "")), end="\n\n")
        elif isinstance(block, Table):
            table = empty_table()
            for number, head in enumerate(block.heads):
                table.add_column(Text(head), justify="right" if number else "left")
            for row in block.rows:
                table.add_row(*map(Text, row))
            console.print(table)
            console.print()


def _markdown(block: str | Table | Chart) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, Table):
        return markdown_table(block.heads, block.rows)
    return f"![{block.title}]({block.name}.png)\n\n{block.caption}"
