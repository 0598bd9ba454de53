"""A study from a stranger runs no code and writes nothing: each ends in one line, and nothing happened."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnnlab.training.checkpoints import write_checkpoint
from support import Answer, assert_refused

pytestmark = pytest.mark.hostile

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
    "a walk through an import": "cell: {_target_: rnnlab.data.sources.files.os.mkdir}",
    "a walk to a builtin": "cell: {_target_: rnnlab.nn.recurrent.__builtins__.exec}",
    "a helper of a reader": "data: {reader: {_target_: rnnlab.data.sources.downloads._fetch, url: x}}",
    "a package that is looked up": "logger: {x: {_target_: rnnlab.training.loggers.RunTensorBoard, package: evil.sub}}",
    "data in a package that is looked up": "data: {files: {_target_: rnnlab.data.sources.files.packaged,"
    " package: evil.sub}}",
    "a job of Slurm with a line of shell": "hydra: {launcher: {_target_: hydra_plugins.rnnlab_plugins.SubmititLauncher,"
    " executor: local, workers: 1, slurm_setup: [touch caught]}}",
    "another Python for jobs": "hydra: {launcher: {_target_: hydra_plugins.rnnlab_plugins.SubmititLauncher,"
    " executor: local, workers: 1, slurm_python: ./evil}}",
    "a name with a line break": "hydra: {launcher: {_target_: hydra_plugins.rnnlab_plugins.SubmititLauncher,"
    ' executor: local, workers: 1, name: "x\\ntouch caught"}}',
    "a cluster elsewhere": "hydra: {launcher: {_target_: hydra_plugins.rnnlab_plugins.RayLauncher, workers: 1,"
    " address: 'ray://evil:10001', cpus: 1, gpus: 0}}",
    "a storage that writes elsewhere": "hydra: {sweeper: {_target_: hydra_plugins.rnnlab_plugins.OptunaSweeper,"
    " storage: 'sqlite:///caught'}}",
    "a sampler": "hydra: {sweeper: {_target_: hydra_plugins.rnnlab_plugins.OptunaSweeper,"
    " sampler: {_target_: os.mkdir, path: caught}}}",
    "something inside a sampler": "hydra: {sweeper: {_target_: hydra_plugins.rnnlab_plugins.OptunaSweeper, sampler:"
    " {_target_: optuna.samplers.TPESampler, gamma: {_target_: os.mkdir, path: caught}}}}",
    "a plugin that is called in another way": "hydra: {sweeper: {_partial_: true}}",
    "a case of a sweep": "hydra: {mode: MULTIRUN, sweeper: {cases: [{cell._target_: os.mkdir, +cell.name: caught}]}}",
    "values of a sweep": "hydra: {mode: MULTIRUN, sweeper: {params: {cell._target_: 'os.mkdir,os.rmdir'}}}",
    "weights to begin with": "init_from: pickle.ckpt",
    "a schedule": "scheduler: {_target_: subprocess.run, args: [touch, caught]}",
}


class Evil:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("caught",)


@pytest.fixture
def folder(workdir: Path) -> Path:
    """A bait to be copied, and a module that leaves a trace when it is imported."""
    (workdir / "bait").write_text("bait")
    (workdir / "evil").mkdir()
    (workdir / "pickle.ckpt").write_bytes(pickle.dumps(Evil()))
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


# What would bring a secret of this machine, or a file of it, into what people share; HOME is in every environment.
SECRETS = {
    "in the name of a sweep": ("sweep: '${oc.env:HOME}'", []),
    "in the name of the resolver": ("a: oc.env\nsweep: '${${a}:HOME}'", []),
    "in texts": ("task: {shown: ['${oc.env:HOME}']}", ["task=sentiment"]),
    "in a probe": ("probes: [{probe: units, text: '${oc.env:HOME}'}]", []),
    "decoded": ("sweep: '${oc.decode:HOME}'", []),
    "of Hydra": ("sweep: '${hydra:runtime.cwd}'", []),
    "as a case": ("hydra: {mode: MULTIRUN, sweeper: {cases: [{sweep: '\\${oc.env:HOME}'}]}}", []),
    "as a value that is swept": ("hydra: {mode: MULTIRUN, sweeper: {params: {sweep: '$\\{oc.env:HOME\\}'}}}", []),
    "put together": ("a: $\nb: '{oc.env:HOME}'\nhydra: {mode: MULTIRUN, sweeper: {params: {sweep: '${a}${b}'}}}", []),
    "the address of a server of ours": ("sweep: '${logger.mlflow.tracking_uri}'", ["logger=mlflow"]),
    "to a server": ("logger: {mlflow: {tracking_uri: 'http://evil'}}", ["logger=mlflow"]),
    "to a server by another logger": (
        "logger: {x: {_target_: lightning.pytorch.loggers.WandbLogger, settings: {base_url: 'http://evil'}}}",
        [],
    ),
    "data elsewhere": ("data: {path: /etc/passwd}", ["data=file"]),
    "data above": ("data: {path: ../secret.txt}", ["data=file"]),
    "data behind a link": ("data: {path: link}", ["data=file"]),
    "data behind a link in a folder": ("data: {path: study/inner}", ["data=file"]),
    "hidden data": ("data: {path: .env}", ["data=file"]),
    "data of a package": (
        "data: {files: {_target_: rnnlab.data.sources.files.packaged, package: rnnlab, path: ../../../secret.txt}}",
        [],
    ),
    "swept data": (
        "data: {path: bait}\nhydra: {mode: MULTIRUN, sweeper: {params: {data.path: 'bait,/etc/passwd'}}}",
        ["data=file"],
    ),
    "searched data": (
        "data: {path: bait}\nhydra: {mode: MULTIRUN, sweeper: {params: {data.path: 'bait,/etc/passwd'}}}",
        ["data=file", "hydra/sweeper=optuna"],
    ),
    "a tokenizer": ("data: {tokenizer: /etc/passwd}", ["data.level=bpe"]),
    "weights": ("init_from: ../secret.txt", []),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_study_brings_nothing_of_this_machine_into_its_runs(
    rnnlab: Callable[..., Answer], folder: Path, name: str
) -> None:
    (folder.parent / "secret.txt").write_text("secret\n" * 20)
    (folder / ".env").write_text("secret\n" * 20)
    (folder / "link").symlink_to("../secret.txt")
    (folder / "study" / "inner").mkdir()
    (folder / "study" / "inner" / "link").symlink_to("../../../secret.txt")
    content, words = SECRETS[name]
    (folder / "study" / "study.yaml").write_text(HEAD + content)
    answer = rnnlab("train", "-cd", "study", "-cn", "study", "debug=fast", *words)
    assert_refused(answer, ["may"])
    assert "secret\n" not in answer.err and str(Path.home()) not in answer.err and not (folder / "runs").exists()


def test_what_is_typed_or_lies_in_the_study_is_read(
    rnnlab: Callable[..., Answer], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = "".join(f"{a}{b}{c}\n" for a in "abcde" for b in "aeiou" for c in "lmnr")
    (folder.parent / "names.txt").write_text(names)
    (folder / "study" / "names.txt").write_text(names)
    monkeypatch.setenv("SWEEP", "mine")
    (folder / "study" / "study.yaml").write_text(HEAD + "data: {path: study/names.txt}\nsplit: {seed: '${seed}'}")
    words = ("train", "-cd", "study", "-cn", "study", "debug=fast", "data=file", "dry_run=true", "seed=3")
    assert rnnlab(*words).code == 0
    assert rnnlab(*words, "data.path=../names.txt").code == 0
    assert rnnlab(*words, "+task.magic=${oc.env:SWEEP}").code == 2  # unknown, and so read at all
    assert rnnlab(*words, "split.seed=${oc.decode:'7'}").code == 0


def test_an_option_of_a_plugin_may_say_where_data_lies(
    rnnlab: Callable[..., Answer],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("plugin")
    (place / "mine.py").touch()
    (place / "conf" / "data").mkdir(parents=True)
    (place / "names.txt").write_text("".join(f"{a}{b}{c}\n" for a in "abcde" for b in "aeiou" for c in "lmnr"))
    (place / "conf" / "data" / "mine.yaml").write_text(
        f"defaults: [file, _self_]\nname: mine\npath: {place / 'names.txt'}\n"
    )
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("RNNLAB_PLUGINS", "mine")
    (folder / "study" / "study.yaml").write_text("defaults: [train, {override data: mine}, _self_]")
    assert rnnlab("train", "-cd", "study", "-cn", "study", "debug=fast", "dry_run=true").code == 0


BOMBS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "an alias of itself": "a: &a [*a]",
    "brackets": "a: " + "[" * 100_000,
    "lines": "a: [" + "x," * 100_000 + "x]",
    "a date that there is not": "seed: 2001-13-45",
    "a number of too many digits": "seed: " + "1" * 5_000,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("file", ["study.yaml", "cell/evil.yaml"])
def test_a_bomb_of_yaml_is_one_line(rnnlab: Callable[..., Answer], folder: Path, name: str, file: str) -> None:
    (folder / "study" / "cell").mkdir()
    (folder / "study" / "study.yaml").write_text("defaults: [train, {override cell: evil}]")
    (folder / "study" / file).write_text(BOMBS[name])
    answer = rnnlab("train", "-cd", "study", "-cn", "study", "debug=fast")
    assert answer.code == 2 and len(answer.err.splitlines()) == 1, answer.err
    assert len(answer.err) < 1_000


def test_a_mistyped_key_in_a_study_is_found(rnnlab: Callable[..., Answer], folder: Path) -> None:
    (folder / "study" / "study.yaml").write_text(HEAD + "model: {hiden_size: 3}")
    answer = rnnlab("train", "-cd", "study", "-cn", "study", "debug=fast")
    assert answer.code == 2 and "model.hiden_size" in answer.err and "model.hidden_size?" in answer.err


def test_a_study_that_is_not_yaml_is_named(rnnlab: Callable[..., Answer], folder: Path) -> None:
    (folder / "study" / "study.yaml").write_text("defaults: [train\nmodel: {")
    answer = rnnlab("train", "-cd", "study", "-cn", "study")
    assert answer.code == 2 and "study.yaml" in answer.err and len(answer.err.splitlines()) == 1


# Where in a checkpoint that rnnlab wrote something is put that would run code, and what.
CHECKPOINTS: dict[str, tuple[str, object]] = {
    "a pickled object in place of all": ("rnnlab", Evil()),
    "a pickled object among the weights": ("state_dict/x", Evil()),
    "a pickled object in the state of a callback": ("callbacks/x", Evil()),
    "a cell": ("rnnlab/config/cell/_target_", "os.mkdir"),
    "an optimizer": ("rnnlab/config/optimizer/_target_", "os.mkdir"),
    "a schedule": ("rnnlab/config/scheduler/_target_", "os.mkdir"),
    "a task": ("rnnlab/config/task/module/_target_", "os.mkdir"),
    "a preparation": ("rnnlab/config/task/prepare/_target_", "os.mkdir"),
    "a reader of data": ("rnnlab/config/data/reader/_target_", "os.mkdir"),
    "a callback": ("rnnlab/config/callbacks/x", {"_target_": "os.mkdir", "path": "caught"}),
}


def attack(checkpoint: Path, place: str, what: object, target: Path) -> None:
    """The checkpoint with one thing changed, and a checksum that fits: whoever changes it can reckon that too."""
    content = torch.load(checkpoint, weights_only=True)
    *way, last = place.split("/")
    node = content
    for name in way:
        node = node[name]
    node[last] = what
    write_checkpoint(content, target)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_runs_no_code_whatever_opens_it(
    rnnlab: Callable[..., Answer], folder: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    attack(checkpoint, *CHECKPOINTS[name], folder / "attack.ckpt")
    for words in (["evaluate", "part=val"], ["generate", "samples=1"], ["train", "debug=fast", "cell=lstm"]):
        key = "init_from" if words[0] == "train" else "checkpoint"
        assert_refused(rnnlab(*words, f"{key}=attack.ckpt"), ["attack.ckpt"])
    assert not (folder / "caught").exists() and not (folder / "runs").exists()


@pytest.mark.memory
def test_a_checkpoint_that_asks_for_much_memory_is_one_line(
    rnnlab: Callable[..., Answer], folder: Path, checkpoint: Path
) -> None:
    """What is measured is the memory that a child process has had at most, after it has opened all of them."""
    bomb: list[object] = ["x"]
    for _ in range(60):
        bomb = [bomb, bomb]
    attacks = (("model/hidden_size", 30_000), ("model/num_layers", 10**6), ("callbacks/x", bomb))
    for number, (place, what) in enumerate(attacks):
        attack(checkpoint, f"rnnlab/config/{place}", what, folder / f"attack-{number}.ckpt")
    code = (
        "import resource, sys, rnnlab.cli as c\n"
        "for file in sys.argv[1:]: print(c.main(['generate', f'checkpoint={file}']))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    files = [f"attack-{number}.ckpt" for number in range(len(attacks))]
    command = [sys.executable, "-c", code, *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=True)
    *codes, most = map(int, done.stdout.split())
    assert codes == [2] * len(files) and most < 2_000_000, "kilobytes"
    lines = done.stderr.splitlines()
    assert len(lines) == len(files) and all(file in line for file, line in zip(files, lines, strict=True)), lines


def test_a_checkpoint_imports_no_package_to_find_its_data(
    rnnlab: Callable[..., Answer], folder: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    files = {"_target_": "rnnlab.data.sources.files.packaged", "package": "evil.sub", "path": "x"}
    attack(checkpoint, "rnnlab/config/data/files", files, folder / "attack.ckpt")
    assert rnnlab("evaluate", "checkpoint=attack.ckpt", "part=val").code == 2
    assert not (folder / "caught").exists()


def test_a_run_that_goes_on_opens_its_checkpoint_as_a_strangers(rnnlab: Callable[..., Answer], folder: Path) -> None:
    words = ("train", "debug=fast", "sweep=mine")
    assert rnnlab(*words).code == 0
    (summary,) = folder.glob("runs/mine/*/summary.json")
    summary.unlink()
    last = summary.parent / "checkpoints" / "last.ckpt"
    attack(last, "callbacks/x", Evil(), last)
    assert rnnlab(*words).code == 0  # it is not gone on from: the run begins anew
    assert not (folder / "caught").exists() and "going on" not in (summary.parent / "run.log").read_text()
