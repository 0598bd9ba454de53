"""What a command would do, does again, begins with, and refuses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from rnnlab.errors import RunsFailedError
from rnnlab.records.folder import RunFolder
from rnnlab.records.lock import lock_file
from rnnlab.records.provenance import Origin
from rnnlab.sweeps.plan import PlannedRun, settled
from rnnlab.sweeps.pool import report_failures
from support import Answer, assert_refused

TRAIN = ("train", "debug=fast", "model.hidden_size=8", "sweep=plan", "hydra/launcher=basic")


def folders(place: Path) -> list[Path]:
    return sorted(file.parent for file in place.glob("runs/plan/*/config.yaml"))


def test_a_dry_run_lists_what_would_be_done_and_does_nothing(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*TRAIN, "seed=1").code == 0
    before = sorted(path for path in workdir.rglob("*"))
    answer = rnnlab(*TRAIN, "-m", "seed=0,1", "model.num_layers=1,2", "dry_run=true")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert sum("to be done" in line for line in lines) == 3 and sum("complete" in line for line in lines[:-1]) == 1
    assert "4 runs in all, 1 complete; the rest takes about" in answer.out
    assert sorted(path for path in workdir.rglob("*") if ".locks" not in str(path)) == [
        path for path in before if ".locks" not in str(path)
    ]


def test_a_dry_run_of_one_run(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN, "dry_run=true")
    assert answer.code == 0 and "to be done" in answer.out and not (workdir / "runs").exists()


def test_a_dry_run_takes_a_damaged_summary_for_a_run_to_be_done(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*TRAIN).code == 0
    (run,) = folders(workdir)
    (run / "summary.json").write_text("{")
    answer = rnnlab(*TRAIN, "dry_run=true")
    assert answer.code == 0 and "interrupted" in answer.out


def test_rerun_trains_again_to_the_same_result(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*TRAIN).code == 0
    (run,) = folders(workdir)
    first = run / "summary.json"
    before = first.stat().st_mtime_ns, json.loads(first.read_text())["metrics"]
    assert "complete already" in rnnlab(*TRAIN).out
    assert first.stat().st_mtime_ns == before[0]
    assert rnnlab(*TRAIN, "rerun=true").code == 0
    assert folders(workdir) == [run] and first.stat().st_mtime_ns > before[0]
    assert json.loads(first.read_text())["metrics"] == before[1]
    assert "rerun" not in yaml.safe_load((run / "config.yaml").read_text())


def test_a_run_begins_with_the_weights_of_another_and_is_another_run(
    rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    assert rnnlab(*TRAIN).code == 0
    (first,) = folders(workdir)
    loss = json.loads((first / "summary.json").read_text())["objective"]
    answer = rnnlab(*TRAIN, f"init_from={first}", "optimizer.lr=1e-9", "trainer.max_epochs=1")
    assert answer.code == 0, answer.err
    (second,) = set(folders(workdir)) - {first}
    assert json.loads((second / "summary.json").read_text())["objective"] == pytest.approx(loss, abs=1e-4)
    copy = workdir / "elsewhere.ckpt"
    copy.write_bytes((first / "checkpoints" / "best.ckpt").read_bytes())
    again = rnnlab(*TRAIN, f"init_from={copy}", "optimizer.lr=1e-9", "trainer.max_epochs=1")
    assert "complete already" in again.out  # it is the content that counts, wherever it lies


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["init_from=nowhere.ckpt"], ["init_from", "nowhere.ckpt"]),
        (["init_from=FIRST", "model.hidden_size=9"], ["init_from", "another model"]),
        (["init_from=FIRST", "task=chars", "data.limit=5000"], ["init_from", "other symbols"]),
        (["init_from=notes.txt"], ["init_from", "notes.txt"]),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    rnnlab: Callable[..., Answer], workdir: Path, words: list[str], named: list[str]
) -> None:
    (workdir / "notes.txt").write_text("no checkpoint")
    if "FIRST" in words[0]:
        assert rnnlab(*TRAIN).code == 0
        words = [f"init_from={folders(workdir)[0]}", *words[1:]]
    before = folders(workdir)
    assert_refused(rnnlab(*TRAIN, *words), named)
    assert folders(workdir) == before


def test_a_folder_that_holds_another_run_is_refused_with_the_difference(
    rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    assert rnnlab(*TRAIN).code == 0
    (run,) = folders(workdir)
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["optimizer"]["lr"] = 0.5
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    before = (run / "summary.json").read_bytes()
    assert_refused(rnnlab(*TRAIN), ["optimizer.lr is 0.5 there and 0.007 here", "config.yaml"])
    assert (run / "summary.json").read_bytes() == before
    (run / "config.yaml").write_text("[not a mapping")
    assert_refused(rnnlab(*TRAIN), ["config.yaml", "not YAML"])


def test_a_renamed_folder_is_still_the_runs_folder(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*TRAIN, "-m", "seed=0,1").code == 0
    first, second = folders(workdir)
    mine = first.rename(first.parent / f"mine-{first.name[-8:]}")
    again = rnnlab(*TRAIN, "-m", "seed=0,1")
    assert again.code == 0 and "2 of 2 runs are complete already" in again.err
    assert set(folders(workdir)) == {mine, second}
    assert "2 complete" in rnnlab("status", "sweep=plan").out  # and none that has not started
    before = json.loads((mine / "summary.json").read_text())["metrics"]
    (mine / "summary.json").unlink()
    assert rnnlab(*TRAIN).code == 0 and "going on" in (mine / "run.log").read_text()
    assert json.loads((mine / "summary.json").read_text())["metrics"] == before


def test_two_folders_of_one_run_are_said(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*TRAIN).code == 0
    (run,) = folders(workdir)
    copy = shutil.copytree(run, run.parent / f"copy-{run.name[-8:]}")
    assert_refused(rnnlab(*TRAIN, "optimizer.lr=0.1"), ["runs/plan", run.name, copy.name])


def test_a_changed_data_file_is_another_run(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    names = [f"{a}{b}{c}a" for a in "abcdefgh" for b in "aeiou" for c in "lmnr"]
    (workdir / "my.txt").write_text("\n".join(names))
    assert rnnlab(*TRAIN, "data=file", "data.path=my.txt").code == 0
    (workdir / "my.txt").write_text("\n".join([*names, "another"]))
    assert rnnlab(*TRAIN, "data=file", "data.path=my.txt").code == 0
    assert len(folders(workdir)) == 2


def test_cases_move_together_and_a_choice_belongs_to_its_case(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    cases = "[{model.hidden_size:6,optimizer.lr:3e-3},{model.hidden_size:8,optimizer.lr:[1e-3,2e-3],cell:lstm}]"
    words = [word for word in TRAIN if not word.startswith("model")]
    answer = rnnlab(*words, "-m", f"hydra.sweeper.cases={cases}", "seed=0,1")
    assert answer.code == 0, answer.err
    summaries = [json.loads((run / "summary.json").read_text())["hparams"] for run in folders(workdir)]
    combinations = {(s["cell"], s["hidden_size"], s["lr"], s["seed"]) for s in summaries}
    both = {("gru", 6, 0.003), ("lstm", 8, 0.001), ("lstm", 8, 0.002)}
    assert combinations == {(*case, seed) for case in both for seed in (0, 1)}


def test_an_empty_case_is_the_configuration_as_it_stands(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    cases = "[{},{model.dropout:0.4},{callbacks.averaging.enabled:true}]"
    answer = rnnlab(*TRAIN, "-m", f"hydra.sweeper.cases={cases}", "seed=0,1", "dry_run=true")
    assert answer.code == 0, answer.err
    labels = [line.split("  ")[0].strip() for line in answer.out.splitlines() if "seed=" in line]
    changes = ("", "dropout=0.4 ", "averaging=True ")
    assert set(labels[:3]) == {f"{change}seed=0" for change in changes}
    assert set(labels[3:]) == {f"{change}seed=1" for change in changes}


@pytest.mark.parametrize("cases", ["3", "[]", "[3]", "[{}, 3]", "[{model:{hidden_size:3}}]"])
def test_cases_that_are_none_are_refused(rnnlab: Callable[..., Answer], workdir: Path, cases: str) -> None:
    assert_refused(rnnlab(*TRAIN, "-m", f"hydra.sweeper.cases={cases}", "seed=0,1"), ["hydra.sweeper.cases"])
    assert not (workdir / "runs").exists()


def test_on_failure_stop_ends_a_sweep_at_the_first(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    diverging = ("optimizer=sgd", "optimizer.lr=1e38", "scheduler=constant", "trainer.gradient_clip_val=null")
    words = ("-m", *diverging, "seed=0,1,2")
    answer = rnnlab(*TRAIN, *words, "on_failure=stop")
    assert answer.code == 1, answer.err
    assert "1 of 3 runs failed; 2 more were not done" in answer.err and "FloatingPointError" in answer.err
    assert len(folders(workdir)) == 1
    answer = rnnlab(*TRAIN, *words)
    assert answer.code == 1 and "3 of 3 runs failed:" in answer.err and len(folders(workdir)) == 3
    assert rnnlab(*TRAIN, *words, "on_failure=never").code == 2


def test_a_run_says_where_it_comes_from(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=workdir, check=True)

    git("init", "-q")
    (workdir / "notes.txt").write_text("one\n")
    git("add", "notes.txt")
    git("commit", "-qm", "first")
    (workdir / "notes.txt").write_bytes("zwei \u00e4\r\n".encode("latin-1"))
    assert rnnlab(*TRAIN).code == 0
    (run,) = folders(workdir)
    summary = json.loads((run / "summary.json").read_text())
    assert summary["git"]["dirty"] and len(summary["git"]["commit"]) == 40
    git("stash", "-q")
    git("apply", "--binary", str(run / "uncommitted.diff"))  # in whatever encoding the files are
    assert (workdir / "notes.txt").read_bytes() == "zwei \u00e4\r\n".encode("latin-1")
    assert summary["machine"]["cores"] and summary["machine"]["host"] and summary["command"]


def test_a_sweep_whose_workers_somebody_has_ended_does_not_count_as_done() -> None:
    planned: list[Any] = [SimpleNamespace(label="seed=0"), SimpleNamespace(label="seed=1")]
    report_failures(planned, [{"status": "complete"}, {"status": "complete"}])
    with pytest.raises(RunsFailedError, match=r"1 of 2 runs were interrupted; the same command again goes on"):
        report_failures(planned, [{"status": "complete"}, {"status": "interrupted"}])


def names_planned(rnnlab: Callable[..., Answer], *words: str) -> list[str]:
    """The folders of `runs/grown` after such a command."""
    answer = rnnlab(*TRAIN, "sweep=grown", *words)
    assert answer.code == 0, answer.err
    return sorted(path.name for path in Path("runs/grown").glob("[!.]*-*"))


def test_names_tell_what_varies_and_never_change(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    """Also when another key begins to vary: nothing is renamed, and nothing is trained twice."""
    first = names_planned(rnnlab, "model.hidden_size=4")
    damaged = Path("runs/grown/somebody-0123abcd")
    damaged.mkdir()
    (damaged / "config.yaml").write_text("not: [YAML")
    assert len(first) == 1 and first[0].startswith("gru-h4-l1-seed0-")
    second = names_planned(rnnlab, "-m", "model.hidden_size=4,8", "data.sequence_length=5")
    shutil.rmtree(damaged)
    second.remove(damaged.name)
    assert [name[:-9] for name in second] == ["gru-h4-l1-seed0", "gru-h4-len5-seed0", "gru-h8-len5-seed0"]
    before = {name: Path("runs/grown", name, "summary.json").stat().st_mtime_ns for name in second}
    third = names_planned(rnnlab, "-m", "model.hidden_size=4,8", "data.sequence_length=5", "model.dropout=0,0.5")
    assert set(second) <= set(third) and {name[:-9] for name in set(third) - set(second)} == {
        "gru-h4-len5-dropout0.5-seed0",
        "gru-h8-len5-dropout0.5-seed0",
    }
    assert before == {name: Path("runs/grown", name, "summary.json").stat().st_mtime_ns for name in second}
    out = rnnlab("status", "sweep=grown").out
    assert re.search(r"^hidden_size=8 .*sequence_length=5\b.* complete", out, flags=re.MULTILINE), out
    assert "dropout=0.5" in out and "5 runs: 5 complete" in out


def test_a_planned_run_keeps_the_name_that_it_was_planned_with(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    (name,) = names_planned(rnnlab, "-m", "model.hidden_size=4")
    shutil.rmtree(Path("runs/grown", name))
    assert name in names_planned(rnnlab, "-m", "model.hidden_size=4,8")
    assert Path("runs/grown/planned.txt").read_text().count(name[-8:]) == 1


def test_a_folder_that_another_command_has_named_since_is_the_runs(workdir: Path) -> None:
    planned = PlannedRun({}, None, RunFolder(Path("runs/a/gru-h4-seed0-0123abcd")), "", Origin.of_this_command(), "")
    assert settled(planned) is planned
    Path("runs/a/gru-len5-seed0-0123abcd").mkdir(parents=True)
    assert settled(planned).folder.path.name == "gru-len5-seed0-0123abcd"
    assert lock_file(settled(planned).folder) == lock_file(planned.folder)
