"""A reader of a plugin: what was trained with it is evaluated, predicted and loaded with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rnnlab as package
from support import Answer

READER = '''
"""Reviews as lines of stars, a bar and a text."""

from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.errors import UserError


def read_stars(files, bar="|"):
    texts, labels = [], []
    for file in files:
        for line in file.read_text().splitlines():
            stars, found, text = line.partition(bar)
            if not found:
                raise UserError(f"data: {file}: {line!r} has no bar")
            texts.append(text)
            labels.append("good" if stars.count("*") > 2 else "bad")
    return LabelledTexts(texts, labels)
'''
OPTION = """# Reviews with stars.
name: stars
path: ???
files:
  _target_: rnnlab.data.sources.files.files_at
  path: ${data.path}
reader:
  _target_: my_stars.read_stars
"""


@pytest.fixture
def plugin(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (workdir / "my_stars" / "conf" / "data").mkdir(parents=True)
    (workdir / "my_stars" / "__init__.py").write_text(READER)
    (workdir / "my_stars" / "conf" / "data" / "stars.yaml").write_text(OPTION)
    lines = (f"{'****' if n % 2 else '*'}|a {'warm' if n % 2 else 'dull'} film {n % 7} {n}\n" for n in range(40))
    (workdir / "reviews.stars").write_text("".join(lines))
    (workdir / "new.stars").write_text("|a warm film\n|a dull film\n")
    (workdir / "other.stars").write_text("*****|a warm film\n*|a dull film\n")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("RNNLAB_PLUGINS", "my_stars")
    yield
    sys.modules.pop("my_stars", None)


@pytest.mark.usefixtures("plugin")
def test_the_reader_of_training_reads_every_later_file(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = ("task=sentiment", "cell=bag", "debug=fast", "sweep=stars", "model.word_dropout=0")
    done = rnnlab("train", "data=stars", "data.path=reviews.stars", *words)
    assert done.code == 0, done.err
    own, other = (
        json.loads(rnnlab("evaluate", "checkpoint=runs/stars", "format=json", *more).out)
        for more in ((), ("data.path=other.stars",))
    )
    assert own["part"] == "test" and other["part"] is None and other["predictions"] == 2
    answers = json.loads(rnnlab("predict", "checkpoint=runs/stars", "file=new.stars", "format=json").out)
    assert [answer["text"] for answer in answers] == ["a warm film", "a dull film"]
    model = package.load(workdir / "runs" / "stars")
    assert [one.label for one in model.predict(workdir / "new.stars")] == [answer["label"] for answer in answers]
    assert rnnlab("predict", "checkpoint=runs/stars", "file=new.stars", "output=out.csv").code == 0
    assert (workdir / "out.csv").read_text().startswith("text,prediction,probability\na warm film,")
    (workdir / "broken.stars").write_text("no bar\n")
    refused = rnnlab("predict", "checkpoint=runs/stars", "file=broken.stars")
    assert refused.code == 2 and "'no bar' has no bar" in refused.err and len(refused.err.splitlines()) == 1

    (workdir / "new.csv").write_text("message,n\na warm film,1\n")
    table = rnnlab("predict", "checkpoint=runs/stars", "file=new.csv", "data.text_column=message")
    assert table.code == 0 and table.out.startswith("message,n,prediction,probability\na warm film,1,")
