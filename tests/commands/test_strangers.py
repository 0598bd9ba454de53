"""A study from a stranger runs no code and writes nothing: each ends in one line, and nothing happened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import Answer, shell

HEAD = "defaults: [train, _self_]\n"
STUDIES = {
    "a callback of Hydra": "hydra: {callbacks: {x: {_target_: shutil.copyfile, src: bait, dst: caught}}}",
    "a callback by interpolation": "evil: {x: {_target_: shutil.copyfile, src: bait, dst: caught}}\n"
    "hydra: {mode: MULTIRUN, callbacks: '${evil}'}",
    "a log handler": "hydra: {job_logging: {handlers: {x: {(): os.mkdir, name: caught}}}}",
    "a log handler by interpolation": "evil: {version: 1, handlers: {x: {(): os.mkdir, name: caught}}}\n"
    "hydra: {hydra_logging: '${evil}'}",
    "a search path that is imported": "hydra: {searchpath: ['pkg://evil']}",
    "a search path as a dotted key": "hydra.searchpath: ['pkg://evil']",
    "a launcher": "hydra: {launcher: {_target_: shutil.copyfile, src: bait, dst: caught}}",
    "a launcher by interpolation": "evil: {_target_: shutil.copyfile, src: bait, dst: caught}\n"
    "hydra: {launcher: '${evil}'}",
    "something inside the sweeper": "hydra: {sweeper: {params: {x: {_target_: shutil.copyfile, src: bait}}}}",
    "a loader of a module": "hydra: {callbacks: {x: {_target_: hydra_plugins.rnnlab_plugins.__loader__.set_data}}}",
    "another place to write": "hydra: {run: {dir: caught}}",
    "files of Hydra": "hydra: {output_subdir: caught}",
    "another folder to work in": "hydra: {job: {chdir: true}}",
    "the environment": "hydra: {job: {env_set: {PATH: caught}}}",
    "a callback of ours": "callbacks: {x: {_target_: shutil.copyfile, src: bait, dst: caught}}",
    "a callback of ours by interpolation": "evil: shutil.copyfile\n"
    "callbacks: {x: {_target_: '${evil}', src: bait, dst: caught}}",
    "a cell": "cell: {_target_: os.mkdir, name: caught}",
    "a data file's reader": "data: {reader: {_target_: os.mkdir}}",
    "a walk through an import": "cell: {_target_: rnnlab.data.files.os.mkdir}",
    "a walk to a builtin": "cell: {_target_: rnnlab.nn.recurrent.__builtins__.exec}",
    "a package that is looked up": "logger: {x: {_target_: rnnlab.training.loggers.RunTensorBoard, package: evil.sub}}",
    "data in a package that is looked up": "data: {files: {_target_: rnnlab.data.files.packaged, package: evil.sub}}",
    "a schedule": "scheduler: {_target_: subprocess.run, args: [touch, caught]}",
}


@pytest.fixture
def folder(workdir: Path) -> Path:
    """A bait to be copied, and a module that leaves a trace when it is imported."""
    (workdir / "bait").write_text("bait")
    (workdir / "evil").mkdir()
    (workdir / "evil" / "__init__.py").write_text("open('caught', 'w').close()\n")
    (workdir / "study").mkdir()
    return workdir


@pytest.mark.parametrize("attack", STUDIES)
def test_a_study_runs_no_code_and_writes_nothing(
    rnnlab: Callable[..., Answer], folder: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "study" / "study.yaml").write_text(HEAD + STUDIES[attack])
    answer = rnnlab("train", "-cd", "study", "-cn", "study", "debug=fast")
    assert answer.code == 2, answer.err
    assert len(answer.err.splitlines()) == 1 and answer.err.startswith("rnnlab: ")
    assert not (folder / "caught").exists() and not (folder / "runs").exists()


def test_a_mistyped_key_in_a_study_is_found(rnnlab: Callable[..., Answer], folder: Path) -> None:
    (folder / "study" / "study.yaml").write_text(HEAD + "model: {hiden_size: 3}")
    answer = rnnlab("train", "-cd", "study", "-cn", "study", "debug=fast")
    assert answer.code == 2 and "model.hiden_size" in answer.err and "model.hidden_size?" in answer.err


def test_a_study_that_is_not_yaml_is_named(rnnlab: Callable[..., Answer], folder: Path) -> None:
    (folder / "study" / "study.yaml").write_text("defaults: [train\nmodel: {")
    answer = rnnlab("train", "-cd", "study", "-cn", "study")
    assert answer.code == 2 and "study.yaml" in answer.err and len(answer.err.splitlines()) == 1


def test_a_checkpoint_runs_no_code(folder: Path, checkpoint: Path) -> None:
    """A pickled object, and a configuration inside that names another class."""
    make = (
        "import os, sys, torch\n"
        "class Evil:\n    def __reduce__(self): return os.mkdir, ('caught',)\n"
        "torch.save({'rnnlab': Evil()}, 'pickle.ckpt')\n"
        "content = torch.load(sys.argv[1], weights_only=True)\n"
        "content['rnnlab']['config']['cell']['_target_'] = 'os.mkdir'\n"
        "torch.save(content, 'target.ckpt')\n"
    )
    subprocess.run([sys.executable, "-c", make, str(checkpoint)], cwd=folder, check=True, timeout=60)
    for name in ("pickle.ckpt", "target.ckpt"):
        done = shell("generate", f"checkpoint={name}", cwd=folder)
        assert done.returncode == 2 and name in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert not (folder / "caught").exists()
