"""Files of the web that options of the group `data` declare: fetched once, checked by their hash, kept in a cache.

A data set that has to be downloaded is one YAML file in a `data/` folder of rnnlab's conf/ or of a plugin's:

    name: rt_polarity
    files:
      _target_: rnnlab.data.sources.downloads.download
      files:
        - {name: rt-polarity.neg, url: https://…/rt-polarity.neg, sha256: 4ace…}
    reader:
      _target_: …

Studies and checkpoints carry these lines along, and may come from a stranger. So nothing is fetched on their word: a
download has to be declared, with the same name, URL and hash, by an option that is installed on this machine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from rnnlab.config.locations import conf_folder, plugin_conf_folders
from rnnlab.data.cache.location import DATA_DIR_VARIABLE, data_dir
from rnnlab.errors import UserError

FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
SHA256 = re.compile(r"[0-9a-f]{64}")
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Download(NamedTuple):
    """A file of the web.

    Attributes:
        name: Of the file in the cache.
        url: Where it is fetched, by https; by http from this machine only.
        sha256: Of its bytes, in hexadecimal.
    """

    name: str
    url: str
    sha256: str


def download(files: Sequence[Mapping[str, Any]]) -> list[Path]:
    """Return the paths of declared files in the cache; fetch and check those that are not there yet.

    Args:
        files: A `name`, a `url` and a `sha256` of each.

    Raises:
        UserError: An option of `data` declares a file wrongly or not at all, or it cannot be fetched, or is not the
            file that it should be.
    """
    wanted = [_parse(file, "data.files.files") for file in files]
    declared = declared_downloads()
    for file in wanted:
        if file not in declared:
            raise UserError(
                f"data.files.files: no installed option of the group data downloads {file.name} from {file.url} with"
                " this sha256; nothing was fetched"
            )
    return [_fetch(file) for file in wanted]


def declared_downloads() -> dict[Download, str]:
    """The downloads of all options of the group `data`, rnnlab's and the plugins', each with its option's name.

    Raises:
        UserError: A download has a bad name, URL or hash; the line names its YAML file.
    """
    options = [file for folder in (conf_folder(), *plugin_conf_folders()) for file in (folder / "data").glob("*.yaml")]
    declared = {}
    for option in sorted(options):
        content = yaml.safe_load(option.read_text(encoding="utf-8"))
        node = content.get("files") if isinstance(content, dict) else None
        files = node.get("files") if isinstance(node, dict) else None
        for file in files if isinstance(files, list) else ():
            declared[_parse(file, str(option))] = option.stem
    return declared


def _parse(file: Any, where: str) -> Download:
    """Raise UserError unless a file has a name that leads nowhere else, a safe URL and a hash."""
    if not isinstance(file, Mapping) or set(file) != set(Download._fields):
        raise UserError(f"{where}: a download has a name, a url and a sha256, not {file!r}")
    entry = Download(*(str(file[field]) for field in Download._fields))
    if not FILE_NAME.fullmatch(entry.name):
        raise UserError(f"{where}: a download's name is a plain file name, not {entry.name!r}")
    if not SHA256.fullmatch(entry.sha256):
        raise UserError(f"{where}: the sha256 of {entry.name} has 64 hexadecimal digits, not {entry.sha256!r}")
    url = urlsplit(entry.url)
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in THIS_MACHINE):
        raise UserError(f"{where}: {entry.name} is fetched by https (by http from this machine only), not {entry.url}")
    return entry


def _fetch(file: Download) -> Path:
    import pooch

    folder = data_dir()
    show_progress = sys.stderr.isatty() and not (folder / file.name).exists()
    try:
        pooch.get_logger().setLevel("WARNING")
        path = pooch.retrieve(
            file.url, f"sha256:{file.sha256}", fname=file.name, path=folder, progressbar=show_progress
        )
    except (OSError, ValueError) as error:
        raise UserError(
            f"data: {file.name} could not be fetched from {file.url} ({_reason(error)}); with the file at hand,"
            f" put it into {folder} or point {DATA_DIR_VARIABLE} at its folder"
        ) from error
    return Path(path)


def _reason(error: Exception) -> str:
    from requests.exceptions import ConnectionError as NoConnectionError

    if isinstance(error, NoConnectionError):
        return "no connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0] if str(error) else type(error).__name__
