"""`rnnlab compare` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnlab.commands.compare import main
from rnnlab.errors import UserError


def test_comparing_a_sweep_prints_the_ranking_and_writes_the_report(first_look, capsys):
    assert main(["sweep=first-look"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Use gru: validation loss 2.032 nats per token; ")
    assert out.endswith("Report: runs/first-look/report/report.md\nPage:   runs/first-look/report/report.html\n")
    assert (first_look / "report/learning-curves.png").is_file()


def test_a_question_is_asked_by_its_roles(capsys, write_seeds):
    for size in (16, 64):
        write_seeds("gru", (2.0, 2.01, 2.02), hidden_size=size)
        write_seeds("lstm", (1.8, 1.81, 1.82), hidden_size=size)
    assert main(["sweep=first-look", "by=hidden_size", "within=cell.name", "worth=0.1"]) == 0
    assert "64 is practically as good" in " ".join(capsys.readouterr().out.split())
    answer = json.loads(Path("runs/first-look/report/answer.json").read_text())
    assert (answer["question"]["by"], answer["question"]["within"]) == ("hidden_size", ["cell"])


def test_two_sweeps_are_ranked_together_and_reported_under_the_first(first_look, capsys, write_seeds):
    write_seeds("gru", (1.9, 1.91), hidden_size=128, sweep="second")
    assert main(["sweep=[second,first-look]"]) == 0
    report = Path("runs/second/report-with-first-look/report.md").read_text()
    assert report.startswith(
        "# Comparison of second, first-look\n\n**Separately for each hidden_size: at hidden_size 64 "
    )
    assert "at hidden_size 128 there is only gru (1.905)" in report
    assert not Path("runs/first-look/report").exists() and not Path("runs/second/report").exists()


def test_a_path_is_searched_at_any_depth_and_needs_no_plan(workplace, capsys, write_run):
    write_run("gru", 2.0, under=workplace / "old" / "runs", sweep="a")
    write_run("rnn", 2.1, under=workplace / "old" / "runs", sweep="b")
    for _ in range(2):  # the second time, the report of the first lies among the runs
        assert main(["path=old"]) == 0
    assert "2" in capsys.readouterr().out
    assert Path("old/report/results.csv").read_text().count("\n") == 3


def test_a_report_on_many_sweeps_has_a_name_that_a_folder_can_have(write_run):
    names = [f"a-rather-long-name-of-a-sweep-{number}" for number in range(12)]
    for number, name in enumerate(names):
        write_run("gru", 2.0, number, sweep=name)
    assert main([f"sweep=[{','.join(names)}]"]) == 0
    (report,) = Path("runs", names[0]).glob("report*")
    assert report.name.startswith("report-with-11-others-")


def test_the_name_of_a_sweep_may_be_a_number(write_run):
    write_run(sweep="2024")
    assert main(["sweep=2024"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep=nope"], r"sweep=nope: no runs in runs/nope; the sweeps there are: a, first-look$"),
        (["sweep=[first-look,nope]"], r"sweep=nope"),
        (["sweep=../x"], r"sweep must be a folder name"),
        ([], r"give sweep=NAME"),
        (["sweep=[]"], r"give sweep=NAME"),
        (["sweep=a", "path=runs"], r"one of them"),
        (["path=nowhere"], r"path=nowhere: there is no such folder"),
        (["path=empty"], r"path=empty: no runs in this folder"),
        (["sweeep=a"], r"sweeep"),
        (["sweep=a", "target=abc"], r"target must be a number above 0"),
        (["sweep=a", "target=0"], r"target must be a number above 0"),
        (["sweep=a", "by=seed"], r"seed: the seed repeats a comparison and has no other role"),
        (["sweep=first-look", "by=celll"], r"celll: no run has such a key"),
        (["sweep=first-look", "by=cell", "within=cell"], r"within=cell: by names it, too"),
        (["sweep=a", "worth=-1"], r"worth must be"),
        (["sweep=a", "metric=val/foo"], r"metric=val/foo: the runs have no such metric; there are val/loss"),
    ],
)
def test_what_leads_to_no_runs_ends_in_one_line(arguments, message, first_look, write_run):
    write_run(sweep="a")
    Path("empty").mkdir()
    with pytest.raises(UserError, match=message) as error:
        main(arguments)
    assert "\n" not in str(error.value)


def test_without_any_sweep_the_error_says_so():
    with pytest.raises(UserError, match=r"sweep=a: no runs in runs/a; there is no sweep here yet"):
        main(["sweep=a"])
