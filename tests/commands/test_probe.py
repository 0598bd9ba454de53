"""`rnnlab probe`: a figure and the numbers, of trained and untrained networks; and probes in a study's README."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnnlab.config.reference import group_options
from rnnlab.studies.readme import BEGIN
from rnnlab.training.checkpoints import load_task, untrained
from support import Answer, assert_refused, table, trained

pytestmark = pytest.mark.probes

RHYME = ("task=chars", "data=nursery_rhyme", "cell=lstm", "model.embedding_size=16", "model.hidden_size=8")


@pytest.fixture(scope="module")
def rhyme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the nursery rhyme of two epochs."""
    folder = trained(tmp_path_factory.mktemp("rhyme"), *RHYME, "trainer.max_epochs=2")
    (run,) = folder.glob("runs/chars/lstm*")
    return run


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without any training."""
    folder = trained(tmp_path_factory.mktemp("beginning"), *RHYME, "trainer.max_epochs=0")
    (run,) = folder.glob("runs/chars/lstm*")
    return run


@pytest.mark.parametrize("probe", group_options("probe"))
def test_every_probe_writes_a_figure_and_its_numbers(rnnlab: Callable[..., Answer], rhyme: Path, probe: str) -> None:
    answer = rnnlab("probe", f"checkpoint={rhyme}", f"probe={probe}")
    assert answer.code == 0, answer.err
    files = list((rhyme / "probes" / probe).iterdir())
    pictures = [file for file in files if file.suffix == ".png"]
    assert pictures and all(file.read_bytes().startswith(b"\x89PNG") for file in pictures)
    rows = [list(csv.reader(file.read_text().splitlines())) for file in files if file.suffix == ".csv"]
    assert rows and all(len(table) > 1 and len({len(row) for row in table}) == 1 for table in rows)
    assert all(str(file) in answer.out for file in files) and "nan" not in answer.out


@pytest.fixture(scope="module")
def numbers_and_words(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run on signals, whose inputs are numbers, and one of a tagger that reads forwards, whose words have letters."""
    folder = tmp_path_factory.mktemp("others")
    sentences = "\n\n".join(f"the\tD\ncat{n}\tN\nsleeps\tV" for n in range(40))
    (folder / "tagged.txt").write_text(sentences + "\n", encoding="utf-8")
    common = ("trainer.max_epochs=1", "model.hidden_size=8", "cell=gru")
    trained(folder, "task=signals", "data=first_sign", "data.limit=200", "sweep=numbers", *common)
    file = ("data=file", f"data.path={folder / 'tagged.txt'}")
    trained(folder, "task=tagging", *file, "model.bidirectional=false", "sweep=words", *common)
    return {sweep: next(folder.glob(f"runs/{sweep}/gru*")) for sweep in ("numbers", "words")}


@pytest.mark.parametrize("sweep", ["numbers", "words"])
@pytest.mark.parametrize("probe", group_options("probe"))
def test_every_probe_of_another_task_draws_or_says_why_it_cannot(
    rnnlab: Callable[..., Answer], numbers_and_words: dict[str, Path], sweep: str, probe: str
) -> None:
    run = numbers_and_words[sweep]
    answer = rnnlab("probe", f"checkpoint={run}", f"probe={probe}")
    impossible = {"saliency", "units", "embedding"}
    assert (answer.code, len(answer.err.splitlines())) == ((2, 1) if probe in impossible else (0, 0)), answer.err
    assert (run / "probes" / probe).exists() == (probe not in impossible)


def test_one_hot_vectors_of_the_rhyme_take_more_bytes_than_learned_ones(
    rnnlab: Callable[..., Answer], rhyme: Path, workdir: Path
) -> None:
    answer = rnnlab("probe", f"checkpoint={rhyme}", "probe=embedding", "folder=shown")
    said = " ".join(answer.out.split())
    assert "328 × 21 floats, 27,552 bytes" in said and "328 × 16, 20,992 bytes" in said
    first = table(workdir / "shown" / "neighbours.csv")[0]
    assert first["symbol"] == "␣" and re.fullmatch(r"\S -?0\.\d\d", first["1 nearest"])


def test_hidden_states_begin_with_the_initial_one(rnnlab: Callable[..., Answer], rhyme: Path, workdir: Path) -> None:
    rnnlab("probe", f"checkpoint={rhyme}", "probe=hidden_states", "text=mary had, (really)", "folder=shown")
    assert not (workdir / "shown").exists()  # a comma is no symbol of the rhyme
    assert rnnlab("probe", f"checkpoint={rhyme}", "probe=hidden_states", "text=mary", "folder=shown").code == 0
    with (workdir / "shown" / "state-h.csv").open(newline="") as stream:
        head, *rows = csv.reader(stream)
    assert head == ["unit", "0", "m", "a", "r", "y"] and len(rows) == 8
    assert all(float(row[1]) == 0 and float(row[2]) != 0 for row in rows)


def test_a_checkpoint_knows_with_which_weights_its_training_began(rhyme: Path, beginning: Path) -> None:
    first, trained_task = load_task(beginning).state_dict(), load_task(rhyme)
    initial = untrained(trained_task).state_dict()
    assert all(torch.equal(initial[name], first[name]) for name in first)
    assert not torch.equal(initial["head.weight"], trained_task.state_dict()["head.weight"])


def test_a_run_that_trains_nothing_can_be_looked_at(
    rnnlab: Callable[..., Answer], rhyme: Path, beginning: Path
) -> None:
    ours, theirs = (
        rnnlab("probe", f"checkpoint={run}", "probe=gradient_flow", *more).out.partition("\n\n/")[0]
        for run, more in ((beginning, ()), (rhyme, ("untrained=true", "folder=untrained")))
    )
    assert "at initialisation lstm" in " ".join(ours.split()) and "after training" not in ours
    assert ours.partition("runs/")[0].strip() in theirs


def test_a_classifiers_words_are_weighed(rnnlab: Callable[..., Answer], sentiment_folder: Path, workdir: Path) -> None:
    checkpoint = next(sentiment_folder.glob("runs/tone/gru*seed0*/checkpoints/best.ckpt"))
    answer = rnnlab("probe", f"checkpoint={checkpoint}", "probe=saliency", "text=not a good film", "folder=shown")
    assert answer.code == 0, answer.err
    rows = table(workdir / "shown" / "symbols.csv")
    assert [row["symbol"] for row in rows] == ["not", "a", "good", "film"]
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1, abs=0.01)
    assert [row["class"] for row in table(workdir / "shown" / "saliency.csv")] == ["negative", "positive"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["probe=memory"], ["probe=memory", "gradient_flow", "saliency"]),
        (["probe=saliency", "text=Ω"], ["text:", "'Ω'"]),
        (["probe=saliency", "text=m"], ["at least 2 symbols"]),
        (["probe=gradient_flow", "text=m"], ["text:", "single symbol"]),
        (["probe.rows=0"], ["probe.rows", "at least 1"]),
        (["probe.unit=3", "probe=units"], ["probe.unit", "probe.units"]),
        (["probe=units", "probe.units=[99]"], ["probe.units", "no unit 99", "0 to 7"]),
        (["probe=units", "probe.layer=3"], ["probe.layer=3", "1 layer"]),
        (["probe.lengths=5"], ["probe.lengths", "a list"]),
        (["probe._target_=rnnlab.nn.baselines.bag.Bag"], ["rnnlab.nn.baselines.bag.Bag"]),
        (["part=train"], ["part", "val, test"]),
    ],
)
def test_what_cannot_be_looked_at_is_said_in_a_line(
    rnnlab: Callable[..., Answer], rhyme: Path, workdir: Path, words: list[str], named: list[str]
) -> None:
    assert_refused(rnnlab("probe", f"checkpoint={rhyme}", "folder=shown", *words), named)
    assert not (workdir / "shown").exists()


@pytest.mark.parametrize(
    ("probe", "named"),
    [("gradient_flow", "Bag has no states"), ("gates", "Bag has no states"), ("units", "Bag has no states")],
)
def test_a_probe_that_does_not_fit_the_network_says_so(
    rnnlab: Callable[..., Answer], sentiment_folder: Path, probe: str, named: str
) -> None:
    checkpoint = next(sentiment_folder.glob("runs/tone/bag*seed0*/checkpoints/best.ckpt"))
    assert_refused(rnnlab("probe", f"checkpoint={checkpoint}", f"probe={probe}", "text=a good film"), [named])


STUDY = """\
# What is inside?
defaults: [train, {override task: chars}, {override data: nursery_rhyme}, _self_]
sweep: inside
model: {embedding_size: 8, hidden_size: 8}
trainer: {max_epochs: 0}
hydra:
  mode: MULTIRUN
  launcher: {workers: 1}
  sweeper:
    params: {cell: "gru,mingru", seed: "SEEDS"}
probes:
"""


@pytest.mark.parametrize(("seeds", "answered"), [("0", False), ("0,1", True)])
def test_a_study_that_trains_nothing_shows_what_its_probes_see(
    rnnlab: Callable[..., Answer], workdir: Path, seeds: str, answered: bool
) -> None:
    """In front of a ranking that one seed cannot answer, and behind one that several can."""
    folder = workdir / "experiments" / "inside"
    folder.mkdir(parents=True)
    probes = ["probe: gradient_flow, probe.lengths: [5]"]
    if answered:
        probes += ["probe: hidden_states, text: mary had", "probe: hidden_states, probe.lines: 2"]
    study = STUDY.replace("SEEDS", seeds)
    (folder / "study.yaml").write_text(study + "".join(f"  - {{{probe}}}\n" for probe in probes))
    answer = rnnlab("study", "name=inside")
    assert answer.code == 0, answer.err
    readme = (folder / "README.md").read_text()
    assert re.search("at initialisation (min)?gru ", readme)
    index = (workdir / "experiments" / "README.md").read_text()
    assert readme.partition(BEGIN)[2].strip().startswith("### Inside: gradient flow") is not answered
    assert ("leads, validation loss" in index) is answered and "After how many steps back" in index
    assert "After how many steps back" in (folder / "results.json").read_text()
    assert "No weights that multiply a state are known of mingru." in readme
    pictures = set(re.findall(r"\]\((inside-[\w-]+)\.png\)", readme))
    assert {file.stem for file in folder.glob("inside-*.png")} == pictures and "inside-gradient-flow-before" in pictures
    if not answered:
        return  # the rest has nothing to do with the ranking
    assert "### Inside: hidden states, `mary had`" in readme
    assert {"inside-hidden-states", "inside-hidden-states-2", "inside-units-2"} <= pictures
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    shutil.rmtree(workdir / "runs")
    assert rnnlab("study", "name=inside", "report=only").code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    (folder / "study.yaml").write_text(study + "  - {probe: gates, probe.row: 3}\n")
    assert_refused(rnnlab("study", "name=inside"), ["probes.0", "probe.row", "probe.rows"])
    (folder / "study.yaml").write_text(study + "  - {probe: gates, folder: elsewhere}\n")
    assert_refused(rnnlab("study", "name=inside"), ["probes must be a list"])
