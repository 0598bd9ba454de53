"""`data.train`, `data.validation` and `data.test`: the parts that the user says, for every task."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.source import locate
from support import Answer, assert_refused


def names(part: int) -> str:
    return "".join(f"{'abcdefghijklmnopqrst'[number]}nn{'aei'[part]}\n" for number in range(20))


def reviews(part: int) -> str:
    rows = (f"a {'warm' if n % 2 else 'dull'} film {n} {part},{'good' if n % 2 else 'bad'}\n" for n in range(20))
    return "text,label\n" + "".join(rows)


def tagged(part: int) -> str:
    return "".join(f"the\tDET\n{'xyz'[part]}ea{n}\tNOUN\n\n" for n in range(20))


def series(part: int) -> str:
    return "value\n" + "".join(f"{100 * part + n + n % 7}\n" for n in range(80))


def signals(part: int) -> str:
    rows = (f"{n}.{part},{n + 1},{n % 3},{'up' if n % 2 else 'down'}\n" for n in range(20))
    return "t1,t2,t3,label\n" + "".join(rows)


TASKS: dict[str, tuple[str, Callable[[int], str]]] = {
    "names": ("txt", names),
    "sentiment": ("csv", reviews),
    "tagging": ("txt", tagged),
    "forecasting": ("csv", series),
    "signals": ("csv", signals),
    "chars": ("txt", lambda part: names(part) * 40),
}
KEYS = ("train", "validation", "test")


def prepared(task: str, *words: str) -> Prepared:
    return prepare(plain(compose_train([f"task={task}", "data=file", *words])[1]))


def written(task: str) -> list[str]:
    """The files of three parts, whose names say nothing, as words of the command line."""
    ending, content = TASKS[task]
    for part, name in enumerate("xyz"):
        Path(f"{name}.{ending}").write_text(content(part), encoding="utf-8")
    return [f"data.{key}={name}.{ending}" for key, name in zip(KEYS, "xyz", strict=True)]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_the_parts_that_are_said(task: str, workdir: Path) -> None:
    data = prepared(task, *written(task))
    assert "as data.train, data.validation and data.test say" in data.description
    folder = workdir / "named"
    folder.mkdir()
    for key, name in zip(KEYS, "xyz", strict=True):
        shutil.copy(next(workdir.glob(f"{name}.*")), folder / f"{key}.{TASKS[task][0]}")
    same = prepared(task, f"data.path={folder}")
    assert {part: one.predictions for part, one in data.parts.items()} == {
        part: one.predictions for part, one in same.parts.items()
    }, "as of files whose names say the parts"


@pytest.mark.parametrize("task", ["names", "sentiment", "tagging", "signals"])
@pytest.mark.parametrize("left_out", ["validation", "test"])
def test_a_part_that_is_not_said_is_a_tenth_of_training(task: str, left_out: str, workdir: Path) -> None:
    words = [word for word in written(task) if not word.startswith(f"data.{left_out}=")]
    data = prepared(task, *words)
    parts = {part: len(one.sequences) for part, one in data.parts.items()}
    whole = {part: len(one.sequences) for part, one in prepared(task, *written(task)).parts.items()}
    taken = parts["val" if left_out == "validation" else "test"]
    assert taken == 2 and parts["train"] == whole["train"] - taken
    assert "a tenth" in f"{data.description} {data.notes}"


def test_where_files_lie_and_what_they_are_called_makes_no_other_run(workdir: Path) -> None:
    def digest(*words: str) -> str:
        return locate(plain(compose_train(["task=names", "data=file", *words])[1])["data"]).sha256

    words = written("names")
    first = digest(*words)
    (workdir / "deep" / "er").mkdir(parents=True)
    shutil.copy("x.txt", "deep/er/a.txt")
    assert digest("data.train=deep/er/a.txt", *words[1:]) == first
    assert digest("data.train=x.txt", "data.validation=z.txt", "data.test=y.txt") != first
    assert digest("data.path=x.txt") != first


def test_a_folder_per_class_may_be_a_part(workdir: Path) -> None:
    for part, folder in enumerate(("one", "sub/two", "three")):
        for label in ("good", "bad"):
            (workdir / folder / label).mkdir(parents=True)
            for number in range(12):
                (workdir / folder / label / f"{number}.txt").write_text(f"a {label} film {number} {part}")
    data = prepared("sentiment", "data.train=one", "data.validation=sub/two", "data.test=three")
    assert data.balance == {part: {"bad": 12, "good": 12} for part in ("train", "val", "test")}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["data.train=x.txt"], ["data.test", "missing"]),
        (["data.validation=y.txt", "data.test=z.txt"], ["data.train", "missing"]),
        (["data.path=x.txt", "data.train=x.txt", "data.test=z.txt"], ["data.path and data.train"]),
        (["data.train=x.txt", "data.test=no.txt"], ["data.test: there is no file no.txt"]),
        (["data.train=x.txt", "data.test=x.txt"], ["data.test", "the same bytes", "data.train"]),
        (["data.train=x.txt", "data.test=copy.txt"], ["copy.txt has the same bytes as x.txt"]),
        ([], ["data.path"]),
    ],
)
def test_what_makes_no_three_parts_is_refused(
    rnnlab: Callable[..., Answer], words: Sequence[str], named: list[str]
) -> None:
    written("names")
    shutil.copy("x.txt", "copy.txt")
    assert_refused(rnnlab("train", "data=file", *words), named)


@pytest.mark.parametrize("task", ["chars", "forecasting"])
def test_one_text_or_series_has_no_part_drawn_at_random(task: str, rnnlab: Callable[..., Answer]) -> None:
    words = written(task)[:2]
    assert_refused(rnnlab("train", f"task={task}", "data=file", *words), ["data.test", "missing"])
