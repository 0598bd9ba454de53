"""Where data comes from: a download that is checked, a cache that is used, a user's file."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rnnlab.data.sources import files
from rnnlab.errors import UserError

CONTENT = b"emma\nolivia\n"


class Server(BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self) -> None:
        type(self).requests += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real web server on this machine, and an empty cache."""
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path / "cache"))
    Server.requests = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/names.txt"
        server.shutdown()
        thread.join()


def register(monkeypatch: pytest.MonkeyPatch, url: str, content: bytes) -> None:
    entry = files.Download(url, hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(files.REGISTRY, "names.txt", entry)


def test_a_file_is_fetched_once_and_then_comes_from_the_cache(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, address, CONTENT)
    for _ in range(2):
        (file,) = files.download(["names.txt"])
        assert file.read_bytes() == CONTENT
    assert Server.requests == 1


def test_a_file_with_another_hash_is_refused_and_not_kept(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, address, b"what was promised")
    with pytest.raises(UserError, match=r"names\.txt could not be fetched from http.*hash"):
        files.download(["names.txt"])
    assert not (files.data_dir() / "names.txt").exists()


def test_without_a_connection_the_line_says_where_to_put_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path))
    register(monkeypatch, "http://127.0.0.1:9/names.txt", CONTENT)
    with pytest.raises(UserError, match=r"no connection.*put it into .* RNNLAB_DATA_DIR"):
        files.download(["names.txt"])


def test_the_hash_of_several_files_is_that_of_their_bytes_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    assert files.sha256([tmp_path / "a", tmp_path / "b"]) == hashlib.sha256(b"onetwo").hexdigest()


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(UserError, match="package no_such_package is not installed"):
        files.packaged("no_such_package", "x")


def test_every_download_is_pinned_to_a_commit_and_checked() -> None:
    for name, entry in files.REGISTRY.items():
        assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/\S+", entry.url), name
        assert re.fullmatch("[0-9a-f]{64}", entry.sha256), name


def test_downloads_are_the_files_at_hand() -> None:
    """Where their folder has a list of what each must be."""
    listed = files.data_dir() / "README.md"
    hashes = re.findall(r"^([0-9a-f]{64})  (\S+)$", listed.read_text("utf-8"), re.MULTILINE) if listed.is_file() else []
    expected = {name: sha256 for sha256, name in hashes}
    for name in expected.keys() & files.REGISTRY.keys():
        assert files.REGISTRY[name].sha256 == expected[name] == files.sha256([listed.parent / name]), name
