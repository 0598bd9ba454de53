"""runs.jsonl.gz: what the runs of a study have in their folders, in one small file that is kept when `runs/` is not.

The first line describes the study, and each other line one run, as JSON:

    {"study": "quotation", "holds": null, "shown": [], "probes": {…}, "search": {…}}
    {"run": "gru-h16-…", "status": "complete", "reason": "", "config": {…}, "summary": {…},
     "curves": {"epoch": […], …}, "timing": {…}, "examples": {…}, "answers": […], "draw": {…}}

`config` has the dotted keys of config.yaml, `summary` is summary.json without the name of the computer, `curves` and
`timing` are the columns of metrics.csv and timing.csv with null where a number is missing, `examples` is what
examples.json has, `answers` what the trained network said of the texts that the study shows, and `draw`, of a run with
which a setting was tried, what its tuning says of it.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rnnlab.config.plain_files import check_file, read_at_most
from rnnlab.config.schema import BOUND, FOLDER_NAME
from rnnlab.errors import UserError
from rnnlab.records.files.csv_files import Row
from rnnlab.records.folder import RUNS, write_atomically
from rnnlab.records.reading import RecordedFiles, Run, checked
from rnnlab.records.rounds import Draw, RecordedRounds, rounds_from_json

MOST_BYTES = 2**28  # of the text: a file that unpacks to more was not written by `rnnlab study`


@dataclass(frozen=True)
class Section:
    """A part of a study's page that needs trained networks or a search's trials, written when they were there.

    Attributes:
        text: Markdown; empty where the study has no such part.
        answer: The answer in short.
        figures: The names of its pictures, which lie in the study's folder.
    """

    text: str = ""
    answer: str = ""
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """The runs of a study, and what only its trained networks could tell.

    Attributes:
        study: The name of the study's sweep.
        runs: Its runs, finished or not.
        holds: The bound of which the study asks how far it holds, such as test/accuracy>=0.9; None for none.
        shown: The texts about which trained classifiers were asked; see `RecordedFiles.answers`.
        probes: The measurements of probes.
        search: The history and the best trial of a search.
        beside: What was computed beside the networks.
        rounds: The rounds of its sweep, if that proceeded in rounds.
    """

    study: str
    runs: Sequence[Run]
    holds: str | None = None
    shown: Sequence[str] = ()
    probes: Section = Section()
    search: Section = Section()
    beside: Section = Section()
    rounds: RecordedRounds | None = None


def write_recording(file: Path, recording: Recording) -> None:
    """Write a recording; the same recording gives the same bytes."""
    head = {
        "study": recording.study,
        "holds": recording.holds,
        "shown": list(recording.shown),
        "probes": asdict(recording.probes),
        "search": asdict(recording.search),
        **({"beside": asdict(recording.beside)} if recording.beside.text else {}),
        **({"rounds": asdict(recording.rounds)} if recording.rounds else {}),
    }
    lines = [head, *(_line(run) for run in sorted(recording.runs, key=lambda run: run.folder.name))]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str) + "\n" for line in lines)
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
        packed.write(text.encode("utf-8", "replace"))
    write_atomically(file, stream.getvalue())


def read_recording(file: Path) -> Recording:
    """Read a recording.

    Raises:
        UserError: The file is missing, or `write_recording` did not write it.
    """
    try:
        head, *lines = [_mapping(json.loads(line)) for line in _text_of(file).removesuffix("\n").split("\n")]
        return _recording(head, lines)
    except FileNotFoundError as error:
        raise UserError(f"{file}: there is no such file; `rnnlab study` without report=only writes it") from error
    except (OSError, EOFError, zlib.error, ValueError, KeyError, OverflowError, RecursionError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())[:80]
        raise UserError(f"{file}: not the runs of a study ({why}); `rnnlab study` writes it anew") from error


def _text_of(file: Path) -> str:
    check_file(file)
    with gzip.open(file) as stream:
        return read_at_most(stream, MOST_BYTES).decode("utf-8")


def _recording(head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Recording:
    study = _name(head["study"])
    return Recording(
        study=study,
        runs=[_run(RUNS / study, line) for line in lines],
        holds=_bound(head["holds"]),
        shown=tuple(map(_text, _items(head["shown"]))),
        probes=_section(_mapping(head["probes"])),
        search=_section(_mapping(head["search"])),
        beside=_section(_mapping(head["beside"])) if "beside" in head else Section(),
        rounds=_rounds(head["rounds"]) if "rounds" in head else None,
    )


def _rounds(values: Any) -> RecordedRounds:
    try:
        return rounds_from_json(values)
    except TypeError as error:
        raise ValueError("no rounds") from error


def _section(part: Mapping[str, Any]) -> Section:
    figures = tuple(map(_name, _items(part["figures"])))
    if any(not name.endswith(".png") for name in figures):
        raise ValueError("a figure is a PNG")
    return Section(_text(part["text"]), _text(part["answer"]), figures)


def _line(run: Run) -> dict[str, Any]:
    return {
        "run": run.folder.name,
        "status": run.status,
        "reason": run.reason,
        "config": dict(run.config),
        "summary": _without_host(run.summary),
        "curves": _columns(run.curves()),
        "timing": _columns(run.timing()),
        "examples": dict(run.examples()),
        "answers": [dict(answer) for answer in run.answers],
        **({} if run.draw is None else {"draw": asdict(run.draw)}),
    }


def _without_host(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A summary without the name of the computer, which is no business of those who read a study."""
    machine = summary.get("machine")
    if not isinstance(machine, Mapping):
        return dict(summary)
    return {**summary, "machine": {key: value for key, value in machine.items() if key != "host"}}


def _run(sweep: Path, line: Mapping[str, Any]) -> Run:
    files = RecordedFiles(
        curves=_rows(_mapping(line["curves"])),
        timing=_rows(_mapping(line["timing"])),
        examples=_mapping(line["examples"]),
        answers=tuple(map(_answer, _items(line["answers"]))),
    )
    folder, status, reason = sweep / _name(line["run"]), _text(line["status"]), _text(line["reason"])
    run = Run(folder, status, reason, _mapping(line["config"]), _mapping(line["summary"]), recorded=files)
    return checked(replace(run, draw=_draw(line["draw"])) if "draw" in line else run)


def _draw(value: Any) -> Draw:
    draw = _mapping(value)
    stage, times, random = draw["stage"], draw["times"], draw["random"]
    if not (isinstance(random, bool) and all(isinstance(number, int) and number >= 0 for number in (stage, times))):
        raise ValueError("a draw has a stage, a number and whether it was random")
    return Draw(_text(draw["group"]), stage, tuple(map(_text, _items(draw["at_edge"]))), random, times)


def _answer(value: Any) -> Mapping[str, Any]:
    answer = _mapping(value)
    return {
        "text": _text(answer["text"]),
        "label": None if answer["label"] is None else _text(answer["label"]),
        "probability": None if answer["probability"] is None else _float(answer["probability"]),
        "note": _text(answer["note"]),
        "probabilities": {label: _float(share) for label, share in _mapping(answer["probabilities"]).items()},
    }


def _columns(rows: Sequence[Row]) -> dict[str, list[float | int | None]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [_number(row.get(name, math.nan)) for row in rows] for name in names}


def _number(value: float) -> float | int | None:
    """A number that JSON can say, in the fewest letters; None for any other."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _rows(columns: Mapping[str, Any]) -> list[Row]:
    rows = zip(*(map(_float, _items(values)) for values in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _float(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a mapping is expected")
    return value


def _items(value: Any) -> Iterable[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is expected")
    return value


def _name(value: Any) -> str:
    """The name of a file or folder that leads nowhere else."""
    if not (isinstance(value, str) and FOLDER_NAME.holds(value)):
        raise ValueError(f"a name must be {FOLDER_NAME.text}")
    return value


def _bound(value: Any) -> str | None:
    if not (value is None or (isinstance(value, str) and BOUND.holds(value))):
        raise ValueError(f"holds must be {BOUND.text}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected")
    return value
