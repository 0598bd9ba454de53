"""A bit that flips in a file of a run: it is said in a line, or the file is one that people may edit and read."""

from __future__ import annotations

import logging
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from resuming import flipped
from rnnlab.analysis.best_run import find_checkpoint
from rnnlab.errors import UserError
from rnnlab.records.files.checksum import LENGTH, is_sealed
from rnnlab.records.files.format_version import NewerFormatError
from rnnlab.records.folder import RunFolder
from rnnlab.records.reading import read_run
from rnnlab.report.sections.examples import read_examples
from rnnlab.report.status import progress_of
from rnnlab.sweeps.plan import check_stored
from rnnlab.training.checkpoints import MARK, load_task
from support import Answer, assert_refused

pytestmark = pytest.mark.hostile

FILES = (
    "config.yaml",
    "summary.json",
    "metrics.csv",
    "timing.csv",
    "test_items.csv",
    "examples.json",
    "run.log",
    "projector_config.pbtxt",
)
# Of every command that opens a checkpoint, the words that have it opened.
OPENING = {
    "generate": ("generate", "samples=1", "checkpoint=damaged.ckpt"),
    "evaluate": ("evaluate", "part=val", "checkpoint=damaged.ckpt"),
    "probe": ("probe", "probe=embedding", "checkpoint=damaged.ckpt"),
    "init_from": ("train", "debug=fast", "cell=lstm", "init_from=damaged.ckpt"),
}


@pytest.fixture
def folder(sweep_folder: Path, workdir: Path) -> RunFolder:
    """A complete run, copied to where it belongs."""
    shutil.copytree(sweep_folder / "runs", workdir / "runs")
    return RunFolder(sorted(Path("runs/small").glob("lstm*"))[0])


def damaged(content: bytes, ends: int, seed: int = 0, count: int = 60) -> Iterator[bytes]:
    """The content with a flipped bit, at its first and last bytes and at drawn places."""
    draw, size = random.Random(seed), len(content)
    drawn = [draw.randrange(size) for _ in range(count)]
    for place in [*range(min(ends, size)), *range(max(0, size - ends), size), *drawn]:
        yield flipped(content, place, draw.randrange(8))


def test_no_flipped_bit_of_a_checkpoint_goes_unnoticed(checkpoint: Path, workdir: Path) -> None:
    file = workdir / "damaged.ckpt"
    for content in damaged(checkpoint.read_bytes(), ends=LENGTH + 24):
        file.write_bytes(content)
        with pytest.raises(UserError, match="damaged"):
            load_task(file)


def test_no_cut_or_longer_checkpoint_goes_unnoticed(checkpoint: Path, workdir: Path) -> None:
    file, content = workdir / "damaged.ckpt", checkpoint.read_bytes()
    for left in (0, 1, 1000, len(content) // 2, *range(len(content) - LENGTH - 2, len(content))):
        file.write_bytes(content[:left])
        with pytest.raises(UserError, match="damaged"):
            load_task(file)
    for more in (b"\0", b"\n", content):
        file.write_bytes(content + more)
        with pytest.raises(UserError, match="damaged"):
            load_task(file)


def test_a_checkpoint_of_an_older_version_is_opened_with_one_remark(
    checkpoint: Path, workdir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = torch.load(checkpoint, weights_only=True)
    del content[MARK]
    torch.save(content, workdir / "older.ckpt")
    for _ in range(2):
        load_task(workdir / "older.ckpt")
    (record,) = caplog.records
    assert "older.ckpt has no checksum" in record.getMessage()


def test_the_command_line_says_once_that_a_checkpoint_is_of_an_older_version(
    rnnlab: Callable[..., Answer], checkpoint: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's, which take what a terminal would show
    content = torch.load(checkpoint, weights_only=True)
    del content[MARK]
    torch.save(content, workdir / "older.ckpt")
    done = rnnlab("generate", "checkpoint=older.ckpt", "samples=2")
    assert done.code == 0, done.err
    remark = "older.ckpt has no checksum, as older checkpoints: damage would not be noticed"
    assert [line for line in done.err.splitlines() if "older" in line] == [remark]


def test_a_copy_of_a_checkpoint_is_sound(checkpoint: Path, workdir: Path) -> None:
    assert is_sealed(Path(shutil.copy(checkpoint, workdir / "copy.ckpt")))


@pytest.mark.parametrize("command", OPENING)
def test_every_command_says_in_a_line_that_its_checkpoint_is_damaged(
    rnnlab: Callable[..., Answer], checkpoint: Path, workdir: Path, command: str
) -> None:
    content = checkpoint.read_bytes()
    (workdir / "damaged.ckpt").write_bytes(flipped(content, len(content) // 2))
    assert_refused(rnnlab(*OPENING[command]), ["damaged.ckpt is damaged"])


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_in_a_plain_file_is_read_or_said(folder: RunFolder, name: str) -> None:
    config = folder.read_config()
    assert config is not None
    file = folder.path / name
    for content in damaged(file.read_bytes(), ends=10):
        file.write_bytes(content)
        try:
            run = read_run(folder.path)  # what reports, studies and `rnnlab status` read: it fails at nothing,
        except NewerFormatError as error:  # unless the flipped bit says that a newer rnnlab wrote it
            assert name in str(error)
            continue
        assert run.status and run.curves() is not None and read_examples(run) is not None and progress_of([folder.path])
        for look in (lambda: check_stored(folder, config), lambda: find_checkpoint("runs/small"), run.items):
            try:
                look()
            except UserError as error:
                assert name in str(error), "only the damaged file is complained of"


def test_a_run_whose_summary_is_damaged_comes_to_the_same_result(
    rnnlab: Callable[..., Answer], folder: RunFolder
) -> None:
    before = folder.result()
    assert before is not None
    folder.summary.write_text("{")
    assert_refused(rnnlab("generate", "checkpoint=runs/small"), ["summary.json is damaged"])
    assert "cannot be read" in rnnlab("compare", "sweep=small").out
    words = ("train", "-m", "cell=rnn,lstm", "seed=0,1", "sweep=small", "debug=fast", "hydra.launcher.workers=1")
    assert rnnlab(*words).code == 0
    after = folder.result()
    assert after is not None and after["metrics"] == before["metrics"]
