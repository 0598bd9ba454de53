"""Sets of the time series archives: fetched once by name, from a server on this machine, or read where they lie."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import prepare
from rnnlab.data.sources import archive
from rnnlab.errors import UserError

HEAD = "@univariate true\n@classLabel true a b\n@data\n"
SERIES = HEAD + "".join(f"{n},{n + 1},{n + 2}:{'ab'[n % 2]}\n" for n in range(20))


def zipped(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as entries:
        for name, text in files.items():
            entries.writestr(f"Made/{name}.ts", text)
    return stream.getvalue()


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was asked of a server that has two sets, one of them without a test part."""
    sets = {
        "/Made.zip": zipped(Made_TRAIN=SERIES, Made_TEST=SERIES, Made_TEST_old="x"),
        "/Half.zip": zipped(Half_TRAIN=SERIES),
        "/GunPoint.zip": zipped(GunPoint_TRAIN=SERIES, GunPoint_TEST=SERIES),
    }
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200 if self.path in sets else 404)
            self.send_header("Content-Length", str(len(sets.get(self.path, b""))))
            self.end_headers()
            self.wfile.write(sets.get(self.path, b""))

        def log_message(self, format: str, *args: object) -> None:
            pass

    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path / "cache"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        monkeypatch.setattr(archive, "ARCHIVE", f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield paths
        server.shutdown()
        thread.join()


def test_a_set_is_fetched_once_and_keeps_its_parts(asked: list[str]) -> None:
    config = plain(compose_train(["task=signals", "data=ucr", "data.name=Made"])[1])
    prepared = prepare(config)
    assert {part: len(inner.sequences) for part, inner in prepared.parts.items()} == {"train": 18, "val": 2, "test": 20}
    assert prepared.name == "Made" and config["data"]["normalise"] == "channel"
    assert archive.archived("Made") and asked == ["/Made.zip"]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("Other", r"data\.name=Other: it could not be fetched .*Other_TRAIN\.ts and Other_TEST\.ts into"),
        ("Half", r"data\.name=Half: it could not be fetched .*it has no Half_TEST\.ts"),
        ("../up", r"data\.name: a set of the archive has a name such as GunPoint"),
        ("GunPoint", r"does not hold the numbers that the archive published; .* data=file data\.path="),
    ],
)
def test_what_is_no_set_is_refused_and_nothing_is_left(asked: list[str], name: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=named):
        archive.archived(name)
    left = [path.name for path in (tmp_path / "cache").rglob("*")]
    assert left in ([], ["ts"]) or name == "GunPoint"


@pytest.mark.data
def test_the_sets_that_are_named_are_those_that_were_published() -> None:
    missing = [name for name in archive.KNOWN if not (archive.data_dir() / "ts" / name).is_dir()]
    if missing:
        pytest.skip(f"data=ucr is downloaded, and ts/{missing[0]} is not in RNNLAB_DATA_DIR")
    assert all(len(archive.archived(name)) == 2 for name in archive.KNOWN)
