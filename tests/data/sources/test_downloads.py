"""Downloads: an option declares them, rnnlab fetches them once and checks them; a stranger's word fetches nothing."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from rnnlab.data.cache.location import data_dir
from rnnlab.data.sources.downloads import declared_downloads, download
from rnnlab.data.sources.files import sha256
from rnnlab.errors import UserError
from support import Answer, assert_refused

CITIES = "".join(
    f"{first}{last}\n" for first in ("lon", "par", "mad", "ber", "os") for last in ("don", "is", "rid", "lin")
)
SHA256 = hashlib.sha256(CITIES.encode()).hexdigest()


@dataclass
class Web:
    """A web server on this machine, and the paths that were asked of it."""

    address: str
    asked: list[str] = field(default_factory=list)

    def file(self, **changes: str) -> dict[str, str]:
        """A file of the server as an option declares it."""
        return {"name": "cities.txt", "url": f"{self.address}/cities.txt", "sha256": SHA256, **changes}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web server with one file, and an empty cache."""
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path / "cache"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(CITIES)))
            self.end_headers()
            self.wfile.write(CITIES.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web = Web(f"http://127.0.0.1:{server.server_port}")
        asked = web.asked
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield web
        server.shutdown()
        thread.join()


def option(*files: dict[str, str]) -> str:
    """The YAML file of a data set that has to be downloaded: all that there is to write."""
    node: dict[str, Any] = {"_target_": "rnnlab.data.sources.downloads.download", "files": list(files)}
    reader = {"_target_": "rnnlab.data.sources.names.read_lines"}
    return yaml.safe_dump({"name": "cities", "files": node, "reader": reader})


@pytest.fixture
def plugin(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Installs a plugin in the current folder, whose conf/data/cities.yaml has that content."""

    def install(content: str) -> None:
        name = f"plugin_of_{workdir.name}"  # one of its own for each test: they are all found on the same path
        (workdir / name / "conf" / "data").mkdir(parents=True, exist_ok=True)
        (workdir / name / "conf" / "data" / "cities.yaml").write_text(content)
        monkeypatch.setenv("RNNLAB_PLUGINS", name)

    return install


def test_a_data_set_with_a_download_is_one_yaml_file_of_a_plugin(
    rnnlab: Callable[..., Answer], workdir: Path, web: Web, plugin: Callable[[str], None]
) -> None:
    plugin(option(web.file()))
    for seed in (0, 1):
        done = rnnlab("train", "data=cities", "debug=fast", "trainer.max_epochs=1", f"seed={seed}")
        assert done.code == 0, done.err
    assert web.asked == ["/cities.txt"], "the second run reads the cache"
    assert (data_dir() / "cities.txt").read_text() == CITIES
    assert len(list(workdir.glob("runs/names/*/summary.json"))) == 2


def test_a_file_with_another_hash_is_refused_in_one_line_and_not_kept(
    rnnlab: Callable[..., Answer], workdir: Path, web: Web, plugin: Callable[[str], None]
) -> None:
    plugin(option(web.file(sha256="0" * 64)))
    assert_refused(rnnlab("train", "data=cities"), ["cities.txt could not be fetched", web.address, "hash"])
    assert list(data_dir().iterdir()) == [] and not (workdir / "runs").exists()


def test_without_a_connection_the_line_says_where_to_put_the_file(
    rnnlab: Callable[..., Answer], web: Web, plugin: Callable[[str], None]
) -> None:
    plugin(option(web.file(url="http://127.0.0.1:9/cities.txt")))
    assert_refused(rnnlab("train", "data=cities"), ["no connection", f"put it into {data_dir()}", "RNNLAB_DATA_DIR"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "../cities.txt"}, "plain file name, not '../cities.txt'"),
        ({"name": "a/b"}, "plain file name, not 'a/b'"),
        ({"name": ".bashrc"}, "plain file name, not '.bashrc'"),
        ({"name": ""}, "plain file name, not ''"),
        ({"sha256": "abc"}, "64 hexadecimal digits, not 'abc'"),
        ({"url": "http://example.org/cities.txt"}, "by https"),
        ({"url": "file:///etc/passwd"}, "by https"),
        ({"mirror": "https://example.org"}, "a name, a url and a sha256"),
    ],
)
def test_a_declaration_that_is_not_safe_is_refused_with_its_file(
    rnnlab: Callable[..., Answer], web: Web, plugin: Callable[[str], None], change: dict[str, str], named: str
) -> None:
    plugin(option(web.file(**change)))
    assert_refused(rnnlab("train", "data=cities"), [named])
    with pytest.raises(UserError, match=r"conf/data/cities\.yaml: "):
        declared_downloads()
    assert web.asked == [] and not data_dir().exists()


def nothing_happened(web: Web, workdir: Path) -> bool:
    return web.asked == [] and not data_dir().exists() and not (workdir / "runs").exists()


def test_a_strangers_study_downloads_nothing_that_no_option_declares(
    rnnlab: Callable[..., Answer], workdir: Path, web: Web
) -> None:
    (workdir / "study").mkdir()
    head = "defaults: [train, {override data: rt_polarity}, {override task: sentiment}, _self_]\n"
    for file in (web.file(), web.file(name="rt-polarity.neg")):
        (workdir / "study" / "study.yaml").write_text(head + yaml.safe_dump({"data": {"files": {"files": [file]}}}))
        refused = rnnlab("train", "-cd", "study", "-cn", "study")
        assert_refused(refused, ["no installed option", file["name"], web.address, "nothing was fetched"])
        assert nothing_happened(web, workdir)


def test_nor_does_an_option_in_a_strangers_folder(rnnlab: Callable[..., Answer], workdir: Path, web: Web) -> None:
    (workdir / "study" / "data").mkdir(parents=True)
    (workdir / "study" / "study.yaml").write_text("defaults: [train, {override data: cities}, _self_]\n")
    (workdir / "study" / "data" / "cities.yaml").write_text(option(web.file()))
    assert_refused(rnnlab("train", "-cd", "study", "-cn", "study"), ["no installed option", "cities.txt"])
    assert nothing_happened(web, workdir)


def test_nor_does_a_strangers_checkpoint(
    rnnlab: Callable[..., Answer],
    workdir: Path,
    web: Web,
    plugin: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plugin(option(web.file()))
    assert rnnlab("train", "data=cities", "debug=fast", "trainer.max_epochs=1").code == 0
    web.asked.clear()
    monkeypatch.delenv("RNNLAB_PLUGINS")
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(workdir / "other"))
    assert_refused(rnnlab("evaluate", "checkpoint=runs/names"), ["no installed option", "cities.txt"])
    assert web.asked == [] and not data_dir().exists()


def test_what_rnnlab_downloads_is_pinned_to_a_commit() -> None:
    declared = declared_downloads()
    assert {*declared.values()} == {"rt_polarity", "sst2", "ewt"} and len(declared) == 8
    for file in declared:
        assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/\S+", file.url), file.name


def test_downloads_are_the_files_at_hand() -> None:
    """Those that lie in the cache, which may have a list of what each must be."""
    here = [file for file in declared_downloads() if (data_dir() / file.name).is_file()]
    if not here:
        pytest.skip("no download is in RNNLAB_DATA_DIR")
    assert [sha256(download([file._asdict()])) for file in here] == [file.sha256 for file in here]
    listed = data_dir() / "README.md"
    hashes = re.findall(r"^([0-9a-f]{64})  (\S+)$", listed.read_text("utf-8"), re.MULTILINE) if listed.is_file() else []
    for sha, name in hashes:
        assert all(file.sha256 == sha for file in here if file.name == name), name
