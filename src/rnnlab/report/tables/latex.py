"""table.tex: the levels of an answer as a table for papers, in the style of booktabs."""

from __future__ import annotations

from collections.abc import Iterable

from rnnlab.analysis.answer import Answer
from rnnlab.charts.number_format import ABSENT
from rnnlab.control_characters import shown
from rnnlab.report.answer.headline import headline
from rnnlab.report.tables.contrasts import sections

SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    ABSENT: "--",
}


def latex_table(answer: Answer) -> str:
    """Return a tabular of every level with its interval, for LaTeX's package booktabs.

    The best level of each group is bold, and those that could be the best instead have a dagger.
    """
    made = [section for section in sections(answer) if section.levels]
    if not made:
        return f"% {_escaped(headline(answer))}\n"
    heads = made[0].heads
    lines = [f"% {_escaped(headline(answer))}", rf"\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}", r"\toprule"]
    lines.append(_row(map(_escaped, heads)))
    for section, group in zip(made, answer.groups, strict=True):
        lines.append(r"\midrule")
        if section.title:
            lines.append(rf"\multicolumn{{{len(heads)}}}{{l}}{{\emph{{{_escaped(section.title)}}}}} \\")
        for index, row in enumerate(section.levels):
            cells = [_escaped(cell) for cell in row]
            if row[0] in group.candidates and len(group.candidates) > 1:
                cells[0] += r"\textsuperscript{\dag}"
            lines.append(_row([rf"\textbf{{{cell}}}" for cell in cells] if index == 0 else cells))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(character, character) for character in shown(text))
