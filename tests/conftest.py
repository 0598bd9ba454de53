"""Shared by all tests: the command line as a function, a folder to work in, and two small finished sweeps."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import made
from support import ALONE, ROOT, Answer, made_once, shared_place, trained

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Real data beside the checkout is used where it lies; tests that need it are skipped elsewhere, and none is fetched.
# `RNNLAB_DATA_DIR= pytest` leaves it where it lies: an empty value is the user's cache folder.
BESIDE = ROOT.parent / "shared" / "data"
if BESIDE.is_dir():
    os.environ.setdefault("RNNLAB_DATA_DIR", str(BESIDE))

# Tests run on every core at once; a second thread in one of them would only wait for the others.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("rnnlab", deadline=None)  # no test asserts a time
settings.load_profile("rnnlab")


NEED_A_BROWSER = {"browser", "server"}  # fixtures: chromium, and TensorBoard as it is looked at

LONGEST = (
    "test_pages.py",
    "test_killed.py",
    "test_site.py",
    "test_launchers.py",
    "test_search.py",
    "test_experiments.py",
    "test_cells.py",
    "test_export.py",
    "test_resume.py",
    "test_memory.py",
    "test_probe.py",
    "test_devices.py",
    "test_notebooks.py",
    "test_views.py",
    "test_own_trainer.py",
    "test_trained.py",
    "test_other_loggers.py",
    "test_page.py",
    "test_tensorboard.py",
    "test_cells_train.py",
    "test_safety.py",
    "test_damaged.py",
    "test_recorded.py",
    "test_bad_input.py",
    "test_blocks.py",
    "test_plan.py",
    "test_hostile.py",
    "test_study.py",
    "test_signals.py",
    "test_chars.py",
    "test_tune.py",
    "test_sentiment.py",
    "test_condition.py",
    "test_calibration.py",
    "test_wheel.py",
)


@pytest.hookimpl(tryfirst=True)  # before pytest looks at markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, and begin with the longest files, or one core would wait for the other at the end."""
    for item in items:
        if NEED_A_BROWSER.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(autouse=True)
def no_test_changes_what_ctrl_c_does() -> Iterator[None]:
    """A command may take signals for its own time only; nor may Lightning, which is deaf to Ctrl-C after the first."""
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rnnlab(workdir: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """`rnnlab("train", "cell=gru")` in this process, in an empty folder."""
    from rnnlab.cli import main

    def run(*arguments: str) -> Answer:
        capfd.readouterr()
        code = main(list(arguments))
        captured = capfd.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def sweep_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `rnnlab train -m cell=rnn,lstm seed=0,1 sweep=small debug=fast` was run."""
    words = ("-m", "cell=rnn,lstm", "seed=0,1", "sweep=small", "debug=fast", ALONE)
    return made_once(tmp_path_factory, "sweep", lambda folder: trained(folder, *words))


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 600 made-up reviews, at one place for all workers of the suite."""
    file = shared_place(tmp_path_factory) / "reviews.csv"
    return made.reviews(file.with_suffix(f".{os.getpid()}")).replace(file)


@pytest.fixture(scope="session")
def sentiment_folder(tmp_path_factory: pytest.TempPathFactory, reviews: Path) -> Path:
    """Where `rnnlab train -m task=sentiment cell=bag,gru seed=0,1 debug=fast sweep=tone` was run on `reviews`."""
    data = ("task=sentiment", "data=file", f"data.path={reviews}")
    words = ("-m", *data, "cell=bag,gru", "seed=0,1", "debug=fast", "sweep=tone", ALONE)
    return made_once(tmp_path_factory, "sentiment", lambda folder: trained(folder, *words))


@pytest.fixture(scope="session")
def chars_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a small character model was trained on text.txt, validated and tested on all that was held out."""
    whole = ("data.limit=null", "trainer.limit_val_batches=1.0", "trainer.limit_test_batches=1.0")
    small = ("data.batch_size=8", "data.sequence_length=16", "model.hidden_size=16", "trainer.max_epochs=1")

    def make(folder: Path) -> None:
        draw = random.Random(0)
        words = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog\n"]
        (folder / "text.txt").write_text(" ".join(draw.choice(words) for _ in range(8_000)), encoding="utf-8")
        trained(folder, "task=chars", "data=file", "data.path=text.txt", "debug=fast", *whole, *small)

    return made_once(tmp_path_factory, "chars", make)


@pytest.fixture(scope="session")
def checkpoint(sweep_folder: Path) -> Path:
    """A best checkpoint of that sweep."""
    return sorted((sweep_folder / "runs" / "small").glob("lstm*/checkpoints/best.ckpt"))[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window; `browser.opened` opens a page in it.

    For one module at a time: as long as it is there, Playwright's event loop runs in this thread.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "there is no chromium, in which the tests look at pages: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], handle_sigint=False)
        yield launched
        launched.close()
