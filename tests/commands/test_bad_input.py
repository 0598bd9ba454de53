"""What a user can get wrong: one clear line on stderr, exit code 2, no traceback, nothing that looks like a run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import Answer, assert_refused, shell

TABLE = [
    # arguments                                              what the line names, and what would be right
    ("train model.hiden_size=3", ["model.hiden_size", "model.hidden_size?"]),
    ("train nonsense=3", ["nonsense", "unknown key"]),
    ("train lr=0.1", ["lr", "optimizer.lr?"]),
    ("train data.path=names.txt", ["data.path", "data=file"]),
    ("train scheduler=cosine scheduler.warmup=0.1", ["scheduler.warmup", "scheduler=one_cycle"]),
    ("train cell=elman", ["cell=elman", "gru", "lstm", "or transformer"]),
    ("train cell=transformer cell.heads=5", ["cell.heads=5", "model.hidden_size=96"]),
    (
        "train task=sentiment data=word_order cell=transformer model.bidirectional=true",
        ["model.bidirectional=true", "cell=transformer"],
    ),
    ("train cell=lru cell.r_max=2", ["cell.r_max", "<= 1"]),
    ("train cell=irnn cell.input_std=-1", ["cell.input_std", "at least 0"]),
    ("train task=poems", ["task=poems", "names"]),
    ("train model.hidden_size=0", ["model.hidden_size", "at least 1"]),
    ("train model.hidden_size=abc", ["model.hidden_size", "whole number", "'abc'"]),
    ("train model.hidden_size=2.5", ["model.hidden_size", "whole number"]),
    ("train model.hidden_size=true", ["model.hidden_size", "whole number"]),
    ("train optimizer.lr=-1", ["optimizer.lr", "above 0"]),
    ("train optimizer.lr=nan", ["optimizer.lr", "above 0"]),
    ("train model.dropout=1.0", ["model.dropout", "not including 1"]),
    ("train model.bidirectional=true", ["model.bidirectional=true", "language model"]),
    ("train data.batch_size=0", ["data.batch_size", "at least 1"]),
    ("train data.sequence_length=0", ["data.sequence_length", "at least 1"]),
    ("train seed=-1", ["seed", "0 to 4294967295"]),
    ("train sweep=../up", ["sweep", "folder name"]),
    ("train split.seed=x", ["split.seed", "whole number"]),
    ("train data.reader.year=1066", ["data.reader.year", "1880 to 2017"]),
    ("train trainer.max_epochs=-1", ["trainer.max_epochs", "at least 0"]),
    ("train trainer.max_time=5min", ["trainer.max_time", "DD:HH:MM:SS"]),
    ("train trainer.precision=8", ["trainer.precision", "bf16-mixed"]),
    ("train trainer.devices=0", ["trainer.devices", "at least 1"]),
    ("train trainer.strategy=fsdp", ["trainer.strategy", "auto, ddp"]),
    ("train trainer.num_nodes=2", ["trainer.num_nodes=2", "torchrun"]),
    ("train trainer.accelerator=quantum", ["trainer.accelerator", "cpu"]),
    ("train task=sentiment task.shown=[good,3]", ["task.shown", "a list of texts"]),
    ("train +trainer.magic=1 debug=fast", ["trainer", "magic"]),
    ("train scheduler.warmup=2", ["scheduler.warmup"]),
    ("train callbacks.early_stopping.enabled=maybe", ["callbacks.early_stopping.enabled", "true or false"]),
    ("train callbacks.early_stopping.enabled=true callbacks.early_stopping.monitor=val/los", ["callbacks", "val/los"]),
    ("train logger=wandb logger.wandb.package=not_there", ["logger=wandb", "pip install not_there"]),
    ("train trainer.precision=16-mixed trainer.accelerator=cpu", ["trainer.precision=16-mixed", "bf16-mixed"]),
    ("train holds=test/foo>=1", ["holds", "test/foo", "val/loss", "test/accuracy"]),
    (
        "train callbacks.early_stopping.enabled=true callbacks.early_stopping.mode=max",
        ["EarlyStopping", "val/loss", "mode=min"],
    ),
    (
        "train callbacks.early_stopping.enabled=true callbacks.early_stopping.monitor=val/accuracy",
        ["EarlyStopping", "val/accuracy", "mode=max"],
    ),
    ("train logger=mlflow logger.mlflow.package=not_there", ["logger=mlflow", "pip install not_there"]),
    ("train task=chars data=names", ["data=names", "data=stdlib"]),
    ("train task=names data=nursery_rhyme", ["data=nursery_rhyme", "data=names"]),
    ("train data.level=word", ["data.level=word", "char or bpe"]),
    ("train data.level=syllable", ["data.level", "char, word, bpe"]),
    ("train data.level=bpe data.vocab_size=25", ["data.vocab_size=25", "26 characters"]),
    ("train data.level=bpe data.vocab_size=0", ["data.vocab_size", "at least 2"]),
    ("train data.level=bpe data.tokenizer=missing.json", ["data.tokenizer", "missing.json"]),
    ("train data.level=bpe data.tokenizer=empty.txt", ["data.tokenizer", "empty.txt", "no tokenizer.json"]),
    ("train data.tokenizer=missing.json", ["data.tokenizer=missing.json", "data.level=bpe"]),
    ("train data=file", ["data.path", "data.path=VALUE"]),
    ("train data=file data.path=missing.txt", ["data.path", "missing.txt"]),
    ("train data=file data.path=empty.txt", ["empty.txt", "empty"]),
    ("train data=file data.path=blank.txt", ["blank.txt", "one item a line"]),
    ("train data=file data.path=latin.txt", ["latin.txt", "line 2", "UTF-8"]),
    ("train data=file data.path=one.txt", ["1 distinct items", "at least 10"]),
    ("train data=file data.path=nothing", ["data.path", "folder nothing holds no files"]),
    ("train cell=rnn,gru", ["cell=rnn,gru", "-m"]),
    ("train -m model.hidden_size=8,0", ["model.hidden_size", "at least 1"]),
    ("train -m cell=rnn,elman", ["cell=elman", "gru"]),
    ("train -m data=file data.path=missing.txt seed=0,1", ["data.path", "missing.txt"]),
    ("train -m seed=0,1 hydra.launcher.workers=0", ["hydra.launcher.workers", "at least 1"]),
    ("train optimizer=null", ["optimizer=null", "adamw"]),
    ("train callbacks=null", ["callbacks=null", "default"]),
    ("train ~optimizer.lr", ["optimizer.lr", "missing"]),
    ("train +optimizer.wd=1", ["AdamW", "wd"]),
    ("train +callbacks.x=3", ["callbacks.x", "_target_"]),
    ("train task=sentiment data=rt_polarity data.files.files=[poems.txt]", ["poems.txt", "a name, a url and a sha256"]),
    ("train hidden", ["hidden", "key=value"]),
    ("train model.hidden_size=[", ["model.hidden_size", "cannot be read"]),
    ("train hydra/launcher=cloud", ["hydra/launcher=cloud", "joblib"]),
    ("train -cd nowhere -cn study", ["--config-dir", "nowhere"]),
    ("train -cn nothing", ["nothing"]),
    ("train --wat", ["--wat"]),
    ("train +callbacks.x._target_=os.system", ["callbacks.x._target_", "os.system"]),
    ("train +hydra.callbacks.x._target_=shutil.copyfile", ["hydra.callbacks", "leave it as it is"]),
    ("train +callbacks.x._target_=rnnlab.nn.cells.kernels.nn.Linear", ["rnnlab.nn.cells.kernels.nn.Linear"]),
    ("generate", ["checkpoint", "checkpoint=VALUE"]),
    ("generate checkpoint=missing.ckpt", ["checkpoint", "missing.ckpt"]),
    ("generate checkpoint=one.txt", ["one.txt", "not a checkpoint"]),
    ("generate checkpoint=one.txt samples=0", ["samples", "at least 1"]),
    ("generate checkpoint=one.txt temperature=-1", ["temperature", "at least 0"]),
    ("generate checkpoint=one.txt tempratur=1", ["tempratur", "temperature?"]),
    ("generate checkpoint=", ["checkpoint", "no name was given"]),
    ("predict", ["checkpoint", "checkpoint=VALUE"]),
    ("predict checkpoint=one.txt text=a", ["one.txt", "not a checkpoint"]),
    ("predict checkpoint=one.txt txt=a", ["txt", "text?"]),
    ("predict checkpoint=one.txt text=a file=one.txt", ["text and file", "choose one"]),
    ("predict checkpoint=one.txt text=a format=yaml", ["format", "text, csv, json", "'yaml'"]),
    ("predict checkpoint=one.txt file=missing.txt", ["file", "missing.txt", "No such file"]),
    ("predict checkpoint=one.txt file=nothing", ["file", "nothing", "directory"]),
    ("predict checkpoint=one.txt file=", ["file", "no name was given"]),
    ("predict checkpoint=one.txt file=latin.txt", ["one.txt is not a checkpoint"]),
    ("predict good", ["good", "key=value"]),
    ("evaluate", ["checkpoint", "checkpoint=VALUE"]),
    ("evaluate checkpoint=missing.ckpt", ["checkpoint", "missing.ckpt"]),
    ("evaluate checkpoint=nothing", ["nothing", "neither a complete run nor a sweep"]),
    ("evaluate checkpoint=one.txt", ["one.txt", "not a checkpoint"]),
    ("evaluate checkpoint=one.txt part=train", ["part", "val, test", "'train'"]),
    ("evaluate checkpoint=one.txt format=yaml", ["format", "text, csv, json", "'yaml'"]),
    ("evaluate checkpoint=one.txt data.pth=one.txt", ["data.pth", "data.path?"]),
    ("compare", ["sweep=NAME", "path=FOLDER"]),
    ("compare sweep=never", ["sweep=never"]),
    ("compare path=nowhere", ["nowhere"]),
    ("study", ["name", "name=VALUE"]),
    ("study name=never", ["name=never", "study.yaml"]),
    ("trian cell=gru", ["trian", "train?"]),
]


@pytest.mark.parametrize(("command", "named"), TABLE, ids=[command for command, _ in TABLE])
def test_bad_input_ends_in_one_clear_line(
    rnnlab: Callable[..., Answer], workdir: Path, command: str, named: list[str]
) -> None:
    (workdir / "empty.txt").touch()
    (workdir / "nothing").mkdir()
    (workdir / "blank.txt").write_text("\n \n")
    (workdir / "latin.txt").write_bytes("Ann\nJosé\n".encode("latin-1"))
    (workdir / "one.txt").write_text("emma\n")
    before = sorted(workdir.rglob("*"))
    assert_refused(rnnlab(*command.split()), named)
    assert sorted(workdir.rglob("*")) == before


def test_a_prompt_with_an_unknown_character_names_it(rnnlab: Callable[..., Answer], checkpoint: Path) -> None:
    answer = rnnlab("generate", f"checkpoint={checkpoint}", "prompt=zoé")
    assert answer.code == 2 and "prompt" in answer.err and "'é'" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_checkpoint_cut_short_is_refused(rnnlab: Callable[..., Answer], workdir: Path, checkpoint: Path) -> None:
    (workdir / "half.ckpt").write_bytes(checkpoint.read_bytes()[:5_000])
    answer = rnnlab("generate", "checkpoint=half.ckpt")
    assert answer.code == 2 and "half.ckpt is not a checkpoint" in answer.err


def test_an_unknown_plugin_is_named(workdir: Path) -> None:
    done = shell("train", "debug=fast", cwd=workdir, RNNLAB_PLUGINS="no_such_module")
    assert done.returncode == 2 and "RNNLAB_PLUGINS" in done.stderr and "no_such_module" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_configuration_error_is_found_without_torch(workdir: Path) -> None:
    code = "import sys, rnnlab.cli as c; c.main(['train', 'model.hidden_size=0']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=workdir, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False" and "model.hidden_size" in done.stderr
