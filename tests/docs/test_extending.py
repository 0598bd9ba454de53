"""docs/extending.md: its files, put where it says, are a plugin that is swept, compared and looked at."""

from __future__ import annotations

import csv
import hashlib
import re
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from support import ALONE, ROOT, Answer

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```', PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = [
    line for block in re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]
RIVERS = "".join(
    f"{first}{last}\n" for first in ("ama", "dan", "gan", "mis") for last in ("zon", "ube", "ges", "souri", "ra")
)


@pytest.fixture
def web() -> Iterator[str]:
    """A web server on this machine that has the file of the data set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(RIVERS)))
            self.end_headers()
            self.wfile.write(RIVERS.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.fixture
def reader(workdir: Path, web: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder of a reader who has written every file of the page, and whose data lies on that server."""
    for name, text in FILES.items():
        there = text.replace("https://example.org", web).replace("0" * 64, hashlib.sha256(RIVERS.encode()).hexdigest())
        (workdir / name).parent.mkdir(parents=True, exist_ok=True)
        (workdir / name).write_text(there, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(workdir / "cache"))
    yield workdir
    for module in [name for name in sys.modules if name.partition(".")[0] == "my_lab"]:
        del sys.modules[module]


def test_the_files_of_the_page_are_a_plugin_that_is_swept_compared_and_looked_at(
    reader: Path, rnnlab: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    export, train, compare = COMMANDS
    monkeypatch.setenv(*export.removeprefix("export ").split("=", 1))
    words = [*shlex.split(train)[1:], "debug=fast", ALONE]
    done = rnnlab(*words)
    assert done.code == 0, done.err
    runs = sorted(folder for folder in (reader / "runs/rivers").iterdir() if (folder / "summary.json").is_file())
    assert [run.name.split("-")[0] for run in runs] == ["gru", "gru", "leaky", "leaky"]
    assert (reader / "cache" / "rivers.txt").read_text() == RIVERS

    events = EventAccumulator(str(runs[0])).Reload()
    assert "weights/largest" in events.Tags()["scalars"], "the view"
    assert "val/top_five" in events.Tags()["scalars"], "the metric"

    compared = rnnlab(*shlex.split(compare)[1:])
    assert compared.code == 0, compared.err
    report = reader / "runs/rivers/report"
    assert all(word in compared.out for word in ("leaky", "gru", "top", "five")), "heads are folded"
    for page in ("report.md", "report.html"):
        text = (report / page).read_text(encoding="utf-8")
        assert "test top five" in text and "Seeds side by side" in text, page
    with (report / "results.csv").open(newline="") as stream:
        shares = [float(row["test/top_five"]) for row in csv.DictReader(stream)]
    assert len(shares) == 4 and all(0 <= share <= 1 for share in shares)
    assert (report / "seeds.png").read_bytes().startswith(b"\x89PNG")

    without_view = [word for word in words if not word.startswith("+callbacks")]
    again = rnnlab(*without_view)
    assert "4 of 4 runs are complete already" in again.err, "a view that changes no result changes no name"


def test_every_file_that_the_page_points_at_exists() -> None:
    links = [target for target in re.findall(r"\]\(([^)]+)\)", PAGE) if not target.startswith("https://")]
    assert links and all((ROOT / "docs" / target).is_file() for target in links)
