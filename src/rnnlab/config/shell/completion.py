"""Tab completion: scripts for bash and zsh, and the answers that they call back for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from rnnlab.config import reference
from rnnlab.config.literals import FILE_KEYS
from rnnlab.config.locations import shipped_studies
from rnnlab.config.schema import kinds
from rnnlab.config.yaml_docs import Key
from rnnlab.errors import UserError

FILES = ":files"  # the answer that leaves it to the shell, which knows how to complete files
FLAGS = ("--help", "-q", "-v", "-m", "-cd", "-cn")
OF_EVERY_COMMAND = FLAGS[:3]

# In both scripts an answer that ends in = or . is unfinished, and no space follows it.
BASH = r"""
_rnnlab() {
    local line="${COMP_LINE:0:COMP_POINT}" answer cut
    local -a words
    IFS=$' \t\n' read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    # Readline replaces only what follows the last = or : of a word, where these break words.
    local breaks="${COMP_WORDBREAKS//[^=:]/}" current="${words[${#words[@]} - 1]}" kept=""
    [[ -n $breaks ]] && cut="${current##*[$breaks]}" && kept="${current%"$cut"}"
    COMPREPLY=()
    while IFS= read -r answer; do
        if [[ $answer == :files ]]; then
            compopt -o default +o nospace 2> /dev/null || COMPREPLY=($(compgen -f -- "${current#*=}"))
            return
        fi
        [[ $answer == *[=.] || $current == *[\"\']* ]] || answer+=" "
        COMPREPLY+=("${answer#"$kept"}")
    done < <("${1/#\~/$HOME}" completion query -- "${words[@]:1}" 2> /dev/null)
}
complete -o nospace -F _rnnlab rnnlab
"""

ZSH = r"""
_rnnlab() {
    local -a answers open closed
    answers=("${(@f)$(
        ${~words[1]} completion query -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null
    )}")
    compset -P '*='
    if [[ $answers[1] == ':files' ]]; then
        _files
        return
    fi
    [[ -n $IPREFIX ]] && answers=("${(@)answers#*=}")
    open=("${(@M)answers:#*[=.]}")
    closed=("${(@)answers:#(*[=.]|)}")
    (( $#open )) && compadd -S '' -- $open
    (( $#closed )) && compadd -- $closed
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _rnnlab rnnlab
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH}


def main(arguments: list[str]) -> int:
    """`rnnlab completion bash|zsh` prints a script; `query -- WORDS` is what the scripts ask."""
    match arguments:
        case ["query", "--", *words]:
            print("\n".join(filter(str.isprintable, _answers_or_none(words))))
        case [shell] if shell in SCRIPTS:
            print(SCRIPTS[shell].strip())
        case _:
            raise UserError(f"completion: say for which shell: rnnlab completion {' or '.join(SCRIPTS)}")
    return 0


def _answers_or_none(words: list[str]) -> list[str]:
    try:
        return answers(words)
    except UserError:
        return []  # a shell in the middle of a line is no place for a message


def answers(words: list[str]) -> list[str]:
    """Return the words that the last one could become.

    Args:
        words: The words after `rnnlab` up to the cursor; the last one, perhaps empty, is being typed.
    """
    *before, current = [re.sub("[\"']", "", word) for word in words] or [""]
    if not before:
        answers: Iterable[str] = [*reference.commands(), *(["--help", "--version"] if current else [])]
    elif before[0] == "completion":
        answers = SCRIPTS
    elif before[0] not in reference.commands():
        answers = []
    elif before[-1] in ("-cd", "--config-dir"):
        answers = [FILES]
    elif "=" in current:
        answers = _values(before, current)
    else:
        answers = _names(before, current)
    return [answer for answer in answers if answer == FILES or answer.startswith(current)]


def _values(before: list[str], current: str) -> list[str]:
    name, _, value = current.partition("=")
    if name in FILE_KEYS:
        return [FILES]
    # After a comma another value of a sweep or a list begins, and those that stand there already are used up.
    begun = re.match(r"\[?(?:[^,]*,)*", value)
    head = begun[0] if begun else ""
    end = "]" if head.startswith("[") else ""
    taken = head.strip("[").split(",")
    return [f"{name}={head}{choice}{end}" for choice in _choices(before, name) if choice not in taken]


def _choices(before: list[str], name: str) -> list[str]:
    """The values that are known for a group or a key."""
    command, *words = before
    if name in _groups(command):
        return reference.group_options(name)
    if name == "sweep":
        return _folders(Path("runs"), "")
    if name == "name" and command == "study":
        return _folders(Path("experiments"), "study.yaml") or _folders(shipped_studies(), "study.yaml")
    if name in (known := kinds(command)):
        return list(known[name].choices)
    key = _keys(command, words).get(name)
    return ["true", "false"] if key and key.default in ("true", "false") else []


def _folders(parent: Path, file: str) -> list[str]:
    """The folders in `parent` that hold such a file."""
    if not parent.is_dir():
        return []
    return sorted(f.name for f in parent.iterdir() if f.is_dir() and (f / file).exists() and f.name[0] != ".")


def _names(before: list[str], current: str) -> Iterable[str]:
    """Groups and keys, a dotted key up to its next dot."""
    command, *words = before
    groups = _groups(command)
    training = command == "train"
    flags = [flag for flag in FLAGS if training or flag in OF_EVERY_COMMAND] if current.startswith("-") else []
    given = {word.partition("=")[0] for word in words}
    names = [group for group in groups if len(reference.group_options(group)) > 1 or group == current]
    names += [key.name for key in _keys(command, words).values() if key.shown]
    names += [key.name for key in reference.sweep_keys(words) if training]
    return [*flags, *dict.fromkeys(_next_step(name, current) for name in names if name not in given)]


def _groups(command: str) -> list[str]:
    return [*reference.groups(command), *(reference.sweep_groups() if command == "train" else ())]


def _next_step(name: str, current: str) -> str:
    dot = name.find(".", len(current))
    return f"{name}=" if dot < 0 or not name.startswith(current) else name[: dot + 1]


def _keys(command: str, words: list[str]) -> dict[str, Key]:
    """The command's keys at the options on the line, at all of them where a sweep names several."""
    keys = reference.default_keys(command, words)
    for group, options in reference.choices(words).items():
        for option in options[1:]:
            keys = {key.name: key for key in reference.keys_of(group, option)} | keys
    return keys
