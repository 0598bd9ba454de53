"""Exported folders, asked as a stranger asks them: without rnnlab, and without what the format does without."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

# Imports what a format needs, once, and works off scripts in processes that are forked from there. A module that is
# None cannot be imported; `-I` leaves out PYTHONPATH and the folder of the user's own packages.
FORKING = """
import json, os, runpy, sys
blocked, needed = (words.split(",") for words in sys.argv[1:])
sys.modules.update(dict.fromkeys(blocked))
for name in needed:
    __import__(name)
for line in sys.stdin:
    files, folder, words = json.loads(line)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for number, file in enumerate(files):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
    os.chdir(folder)
    sys.stdin, sys.argv = open(0, encoding="utf-8"), words
    runpy.run_path(words[0], run_name="__main__")
    sys.exit()
"""
BLOCKED = {
    "onnx": "torch,rnnlab,lightning,onnx,onnxscript,pandas,tokenizers",
    "torch": "numpy,rnnlab,lightning,onnx,onnxruntime",
}
# What they import, now or when they open their programs; onnxruntime has threads of its own, which no fork has.
NEEDED = {"onnx": "numpy", "torch": "torch,torch._dynamo,torch._export.serde.serialize"}


def ask(folder: Path, *words: str, blocked: str = "onnx", typed: str | None = None) -> list[Any]:
    """Run predict.py of a folder in a process that can import neither rnnlab nor torch; return its lines of JSON."""
    done = run(folder, *words, blocked=blocked, typed=typed)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(folder: Path, *words: str, blocked: str = "onnx", typed: str | None = None) -> subprocess.CompletedProcess[str]:
    server = started(blocked)
    assert server.stdin and server.stdout
    command = [str(folder / "predict.py"), *words]
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place, name) for name in ("in", "out", "err")]
        files[0].write_text(typed or "", encoding="utf-8")
        server.stdin.write(json.dumps([[*map(str, files)], str(Path.cwd()), command]) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        out, err = (file.read_text(encoding="utf-8") for file in files[1:])
    return subprocess.CompletedProcess(command, code, out, err)


@cache
def started(form: str) -> subprocess.Popen[str]:
    """What works off the scripts of a format; it ends with this process, whose end closes its stdin."""
    command = [sys.executable, "-I", "-c", FORKING, BLOCKED[form], NEEDED[form]]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
