"""Help pages name everything that conf/ holds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rnnlab.config import reference
from rnnlab.config.compose import compose, compose_train
from rnnlab.config.literals import quote_arguments
from rnnlab.config.locations import conf_folder
from rnnlab.config.shell import help

CONFIGURED = [command for command in reference.commands() if command != "completion"]
# Figures of the report are no option of any command: what lies in conf/figure is drawn.
FILES = sorted(
    file.relative_to(conf_folder()) for file in conf_folder().rglob("*.yaml") if file.parent.name != "figure"
)

# How parts are put together, and what an option is called: no help for these.
WIRING = re.compile(
    r"(.*\.)?defaults|data\.reader\.(sequences|length|seed|texts|gap|tag_column|known|past)|hydra\.(?!launcher|sweeper).*"
    r"|.*_target_|.*\.changes_result|(cell|data|probe|scheduler|task)\.name|data\.files\..*"
    r"|task\.(file_reader|prepare|module)\..*|logger\.\w+\.package"
)


def command_of(group: str) -> str:
    """The command whose help shows the options of a group."""
    return next((command for command in CONFIGURED if group in reference.groups(command)), "train")


def leaves(node: Any, prefix: str) -> Iterator[str]:
    for name, value in node.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict) and value:
            yield from leaves(value, key)
        else:
            yield key


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_key_in_conf_appears_in_help(file: Path) -> None:
    text = (conf_folder() / file).read_text(encoding="utf-8")
    group = file.parent.as_posix()
    if group in (".", "command"):
        page, prefix = help.command_help(file.stem), ""
    else:
        chosen = [f"task={file.stem}", "data=file"] if group == "file_defaults" else [f"{group}={file.stem}"]
        page = help.command_help(command_of(group), chosen)
        prefix = "" if "@package _global_" in text else group.replace("/", ".")
    keys = [key for key in leaves(yaml.safe_load(text), prefix) if not WIRING.fullmatch(key)]
    assert [key for key in keys if f"{key}=" not in page] == []


def test_every_option_of_every_group_appears_in_help() -> None:
    for file in FILES:
        if file.parent.as_posix() not in (".", "command", "file_defaults"):
            page = help.command_help(command_of(file.parent.as_posix()))
            row = page.partition(f"\n  {file.parent.as_posix()} ")[2]
            row = re.split(r"\n  \S|\n\n", row)[0]  # a long list of options goes on below
            assert file.stem in row.replace("*", "").split()


def test_default_options_are_marked_and_a_chosen_one_instead() -> None:
    usual, chosen = help.command_help("train").split(), help.command_help("train", ["cell=lstm"]).split()
    assert "*gru" in usual and "lstm" in usual
    assert "gru" in chosen and "*lstm" in chosen


def test_keys_of_other_options_are_named() -> None:
    assert re.search(r"with data=file also +data\.path", help.command_help("train"))


def test_a_default_that_follows_another_key_is_shown_as_its_value() -> None:
    assert "sweep=names " in help.command_help("train")


def test_a_long_list_is_shown_where_it_can_be_wrapped() -> None:
    page = help.command_help("train", ["task=sentiment"])
    assert "\n  task.shown=[...] " in page
    shown = "by default 'this film was absolutely wonderful', 'this film was painfully boring', 'not good', 'good not',"
    assert f"{shown} 'not bad , good', 'not good , bad'" in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= help.WIDEST


def test_options_of_plugins_appear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "elsewhere" / "conf" / "cell"
    conf.mkdir(parents=True)
    (tmp_path / "elsewhere" / "__init__.py").touch()
    (conf / "leaky.yaml").write_text("# It forgets.\nname: leaky\nleak: 0.1  # a step\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("RNNLAB_PLUGINS", "elsewhere")
    assert "leaky" in help.command_help("train")
    assert "cell=leaky: It forgets.\n  cell.leak=0.1" in help.command_help("train", ["cell=leaky"])


@pytest.mark.parametrize("columns", ["20", "60", "80", "100", "300"])
@pytest.mark.parametrize("command", ["", *reference.commands()])
def test_pages_fit_the_terminal(command: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    page = help.command_help(command) if command else help.overview()
    # What a person copies, an example or a key's own name, is never broken.
    lines = [line for line in page.splitlines() if not re.match(r"  (rnnlab|eval) |usage:|  +\S+$", line)]
    assert max(map(len, lines)) <= max(60, min(100, int(columns)))


@pytest.mark.parametrize("command", CONFIGURED)
def test_a_command_has_three_examples_or_more(command: str) -> None:
    examples = reference.examples(command)
    assert 3 <= len(examples) <= 5
    assert all(f"\n  {example}\n" in help.command_help(command) for example in examples)


@pytest.mark.parametrize("line", [line for command in CONFIGURED for line in reference.examples(command)])
def test_examples_compose(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(conf_folder().parent)  # where experiments/ lies
    program, command, *words = shlex.split(line)
    assert program == "rnnlab"
    if command == "train":
        compose_train(quote_arguments(words))
    else:
        of_their_own = {"new", "clear"}  # `study new` and `cache clear`
        compose(command, quote_arguments([word for word in words if word not in of_their_own and word[0] != "-"]))


def test_the_overview_names_every_command_and_three_examples() -> None:
    page = help.overview()
    for command, text in reference.commands().items():
        assert f"\n  {command} " in page
        assert text in " ".join(page.split())
    assert len(re.findall(r"\n  rnnlab (?!COMMAND|--)", page)) == 3
