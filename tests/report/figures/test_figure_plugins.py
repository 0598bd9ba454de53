"""A figure from outside: a function in a module that RNNLAB_PLUGINS lists, and a YAML file beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.analysis.comparison import compare
from rnnlab.config.reference import all_keys, group_options, groups
from rnnlab.config.targets import check
from rnnlab.errors import UserError
from rnnlab.report.figures.options import report_charts, study_charts
from rnnlab.report.write import write_report
from support import Answer, assert_refused

MODULE = """
from rnnlab.charts.values import Axis, Lines, lines_at

def epochs(comparison, head):
    losses = list(comparison.ranking["val_loss"])
    lines = lines_at(range(len(losses)), {head: losses})
    return [Lines("ranks", "Losses by rank", "Each mean.", Axis("rank"), Axis("loss", comparison.unit), lines)]

def nothing(comparison):
    return "no list of charts"
"""
FIGURE = """
# Losses by rank.
_target_: ranks_plugin.epochs
report: 15
study: 5
head: mean
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file conf/figure/ranks.yaml of a module in the current folder."""
    (tmp_path / "ranks_plugin.py").write_text(MODULE)
    file = tmp_path / "conf" / "figure" / "ranks.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(FIGURE)
    monkeypatch.setenv("RNNLAB_PLUGINS", "ranks_plugin")
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("ranks_plugin", None)
    return file


def test_a_figure_of_a_plugin_is_in_the_report_on_the_page_and_in_a_study(
    rnnlab: Callable[..., Answer], first_look: Path, plugin: Path
) -> None:
    answer = rnnlab("compare", "sweep=first-look")
    assert answer.code == 0, answer.err
    report = first_look / "report"
    assert (report / "ranks.png").read_bytes().startswith(b"\x89PNG")
    text = (report / "report.md").read_text()
    assert text.index("learning-curves.png") < text.index("![Losses by rank](ranks.png)") < text.index("loss-and-")
    page = (report / "report.html").read_text()
    assert ">Losses by rank</h3>" in page and '"name":"mean"' in page
    names = [chart.name for chart in study_charts(compare([first_look]))]
    assert names == ["answer", "ranks", "learning-curves"]


def test_without_the_plugin_its_picture_goes(first_look: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, single = first_look / "report", compare([first_look], only=["gru-h64-s0"])
    write_report(single, report)
    assert "ranks.png" in json.loads((report / "figures.json").read_text())
    monkeypatch.delenv("RNNLAB_PLUGINS")
    write_report(single, report)
    assert not (report / "ranks.png").exists() and (report / "learning-curves.png").is_file()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (FIGURE.replace("report: 15", "report: first"), "`report` must be a number"),
        (FIGURE.replace("ranks_plugin.epochs", "os.system"), "'os.system' is not something a configuration may call"),
        (FIGURE.replace("head: mean", "hed: mean"), "cannot be called with the keys hed"),
        ("_target_: ranks_plugin.nothing\nreport: 1\n", "figure=ranks: ranks_plugin.nothing must return a list"),
        ("_target_: [\n", "ranks.yaml: cannot be read as YAML"),
        ("report: 1\n", "`_target_` must name a function"),
        (
            "_target_: rnnlab.report.figures.learning_curves.learning_curves\nreport: 99\n",
            "figure=ranks: another chart is called 'learning-curves'",
        ),
    ],
)
def test_what_is_wrong_with_a_figure_is_said_in_one_line(
    rnnlab: Callable[..., Answer], first_look: Path, plugin: Path, text: str, named: str
) -> None:
    plugin.write_text(text)
    assert_refused(rnnlab("compare", "sweep=first-look"), [named])


def test_figures_are_no_part_of_what_training_is_asked_for(plugin: Path) -> None:
    assert "ranks" in group_options("figure")
    assert "figure" not in groups("train")
    assert not [key for key in all_keys("train") if key.startswith("figure")]
    with pytest.raises(UserError, match="not something a configuration may call"):
        check("rnnlab.report.write.write_report")


def test_a_report_is_written_without_torch_or_hydra(first_look: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rnnlab.analysis.comparison import compare;"
        " from rnnlab.report.write import write_report;"
        " write_report(compare([Path('runs/first-look')]), Path('report'));"
        " print([name for name in ('torch', 'lightning', 'hydra') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_every_figure_has_a_place_of_its_own(first_look: Path) -> None:
    assert len(group_options("figure")) == 12
    assert [chart.name for chart in report_charts(compare([first_look]))] == [
        "answer",
        "learning-curves",
        "loss-and-parameters",
    ]
