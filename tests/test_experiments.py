"""Every study that ships: it composes, it runs, and a computed one gives again what it has recorded."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rnnlab.data.sources.downloads import declared_downloads
from rnnlab.reference import hello
from rnnlab.studies.index import write_index
from rnnlab.studies.readme import BEGIN, END
from shipped_studies import COMPUTED, FILES, STUDIES, recorded
from support import ALONE, ROOT, Answer, real_data

pytestmark = pytest.mark.studies

NEEDS = {"rt-polarity": "rt_polarity", "sst2": "sst2", "tagging": "ewt"}  # data that a study downloads
LONG = ["calibration", "calibration-races"]  # computed in minutes; tests/reference/calibration computes a small part
SIZED, SMALL_MODEL = "  parameters: ", "model.parameters=4000"  # a study of models of equal size has no hidden size

SMALL = {  # the least that a sweeper asks for
    "optuna": ["hydra.sweeper.n_trials=2"],
    "tune": ["hydra.sweeper.trials=1", "hydra.sweeper.extend=0", "hydra.sweeper.confirm=2"],
    "race": ["hydra.sweeper.first=2", "hydra.sweeper.most=2"],
}


def sweeper_of(text: str) -> str:
    """The sweeper that a study.yaml names."""
    named = re.search(r"override /?hydra/sweeper: ?'?(\w+)", text)
    return named[1] if named else "grid"


def first_of(values: str, count: int | None) -> str:
    """The first of values with commas; what is drawn, such as `interval(1, 2)`, stays."""
    return values if "(" in values else ",".join(values.split(",")[:count])


def trains(rnnlab: Callable[..., Answer], folder: Path) -> list[dict[str, Any]]:
    """The summaries of a study's runs, trained small: it is a plain Hydra configuration, with overrides."""
    if folder.name in NEEDS:
        real_data(NEEDS[folder.name])
    text = (folder / "study.yaml").read_text()
    sweeper = sweeper_of(text)
    within = yaml.safe_load(text)["hydra"]["sweeper"].get("within") or ()
    done = rnnlab(
        "train",
        "-cd",
        str(folder),
        "-cn",
        "study",
        ALONE,
        "debug=fast",
        *([] if sweeper == "race" else ["seed=0"]),
        "model.embedding_size=8",
        SMALL_MODEL if SIZED in text else "model.hidden_size=8",
        "data.sequence_length=20",
        *([] if sweeper == "tune" else ["optimizer.lr=0.007"]),
        f"trainer.max_epochs={'1,2' if 'trainer.max_epochs' in within else '2'}",
        *SMALL.get(sweeper, []),
    )
    assert done.code == 0, done.err
    return [json.loads(file.read_text()) for file in Path.cwd().glob(f"runs/{folder.name}/*/summary.json")]


@pytest.mark.parametrize(
    "study", [pytest.param(study, marks=[pytest.mark.data] if study in NEEDS else []) for study in STUDIES]
)
def test_the_first_run_of_a_study_trains(rnnlab: Callable[..., Answer], workdir: Path, study: str) -> None:
    config = yaml.safe_load(FILES[study])
    sweeper = config["hydra"]["sweeper"]
    levels = {"grid": 1, "tune": 2, "race": 2}.get(sweeper_of(FILES[study]))  # rivals are two at least
    if "cases" in sweeper:
        sweeper["cases"] = sweeper["cases"][:levels]
    if "params" in sweeper:
        sweeper["params"] = {key: first_of(str(values), levels) for key, values in sweeper["params"].items()}
    folder = workdir / "experiments" / study
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    summaries = trains(rnnlab, folder)
    assert summaries and all(summary["status"] == "complete" for summary in summaries)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_every_run_of_a_study_trains(rnnlab: Callable[..., Answer], workdir: Path, study: str) -> None:
    summaries = trains(rnnlab, ROOT / "experiments" / study)
    assert summaries and all(summary["status"] == "complete" for summary in summaries)


@pytest.mark.parametrize(
    "study", [pytest.param(study, marks=[pytest.mark.slow] if study in LONG else []) for study in COMPUTED]
)
def test_a_computed_study_says_again_what_it_has_recorded_and_the_same_bytes_each_time(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch, study: str
) -> None:
    """But for the last line, which has versions; a picture's bytes depend on the fonts and packages of a machine.

    The networks of the second time are those of the first: that they come out the same, their record shows.
    """
    monkeypatch.setattr(hello, "train", functools.cache(hello.train))
    folder = workdir / "experiments" / study
    shutil.copytree(ROOT / "experiments" / study, folder)
    pictures = {file.name for file in folder.glob("*.png")}
    for file in folder.glob("*.png"):
        file.unlink()
    done = rnnlab("study", f"name={study}")
    assert done.code == 0, done.err
    results = (folder / "README.md").read_text().partition(BEGIN)[2].partition(END)[0]
    assert results.partition("\nMade with ")[0] == recorded(study).partition("\nMade with ")[0]
    written = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(written) == {"study.yaml", "README.md", "results.json", *pictures} and pictures
    assert all(f"({name})" in results for name in pictures)
    assert written["results.json"] == (ROOT / "experiments" / study / "results.json").read_bytes()
    assert f"## [{study}]({study}/README.md)" in (workdir / "experiments" / "README.md").read_text()
    assert rnnlab("study", f"name={study}").code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == written


@pytest.mark.parametrize("name", ["fast", "best"])
def test_a_configuration_of_the_benchmark_runs_by_the_command_in_its_head(
    rnnlab: Callable[..., Answer], name: str
) -> None:
    head = (ROOT / "experiments" / "speed" / f"{name}.yaml").read_text().splitlines()[1]
    words = head.removeprefix("# $ rnnlab ").replace("experiments/speed", str(ROOT / "experiments" / "speed")).split()
    done = rnnlab(*words, "debug=fast", "model.hidden_size=8", "trainer.max_epochs=1")
    assert done.code == 0, done.err


def test_no_other_study_needs_a_download() -> None:
    """Of any study's runs, as the data that they name says."""
    downloads = set(declared_downloads().values())
    data = {study: re.findall(r"override (?:/?data): (\w+)|task: (tagging)", text) for study, text in FILES.items()}
    needed = {study: {option or "ewt" for option, _ in options} & downloads for study, options in data.items()}
    assert {study: {option} for study, option in NEEDS.items()} == {s: names for s, names in needed.items() if names}


def test_the_index_says_what_the_studies_say(tmp_path: Path) -> None:
    for study in FILES:
        (tmp_path / study).mkdir()
        for name in ("study.yaml", "results.json"):
            shutil.copy(ROOT / "experiments" / study / name, tmp_path / study / name)
    write_index(tmp_path)
    assert (tmp_path / "README.md").read_bytes() == (ROOT / "experiments" / "README.md").read_bytes()
