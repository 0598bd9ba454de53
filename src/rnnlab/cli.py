"""`rnnlab COMMAND key=value …`: finds the command and hands it its arguments; every ending is one clear line.

Neither torch nor Hydra is imported here, so that help, completion and a mistyped command answer at once.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import io
import os
import sys
import traceback

from rnnlab.config import reference
from rnnlab.config.literals import quote_arguments
from rnnlab.config.shell import completion, help
from rnnlab.control_characters import shown
from rnnlab.errors import RunsFailedError, UserError, is_disk_full, is_short_of_memory, reason_of
from rnnlab.verbosity import VERBOSITIES, Verbosity, detail, speaking

HELP = {"--help", "-h"}
SWITCHES = ("-m", "--multirun")
FLAGS_WITH_VALUE = {"-cd": "folder", "--config-dir": "folder", "-cn": "name", "--config-name": "name"}

RESUMED = {"train", "study"}  # commands that go on where they were stopped

FAILED, MISUSED, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141


def entry() -> None:
    """The console script."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # a text may have what the terminal's encoding lacks
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: The words after `rnnlab`.

    Returns:
        The exit code: 0 done, 1 some runs failed, 2 the user can put it right, 130 stopped by Ctrl-C.
    """
    with speaking(_verbosity(arguments)):
        return _carry_out(arguments)


def _carry_out(arguments: list[str]) -> int:
    try:
        code = _route(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Python flushes stdout once more when it exits; give it somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (UserError, RunsFailedError, KeyboardInterrupt, OSError, MemoryError, RuntimeError, TypeError) as problem:
        message, code = _ending(problem, arguments)
        # Where it was raised, and no messages of earlier exceptions, which may have a password in them.
        detail("".join(traceback.format_tb(problem.__traceback__)).rstrip())
        print(shown(message), file=sys.stderr)
        return code


def _ending(problem: BaseException, arguments: list[str]) -> tuple[str, int]:
    """The line on stderr and the exit code of a command that a problem has ended."""
    if isinstance(problem, UserError):
        return f"rnnlab: {_one_line(problem)}", MISUSED
    if isinstance(problem, RunsFailedError):
        return str(problem), FAILED
    if is_short_of_memory(problem) or is_disk_full(problem):
        return f"rnnlab: {_place(problem)}{reason_of(problem)}", MISUSED
    if not isinstance(problem, OSError | KeyboardInterrupt):  # a fault of rnnlab's own
        raise problem
    if isinstance(problem, OSError):  # a folder that cannot be written, a name that is too long
        return f"rnnlab: {problem.filename or 'a file'}: {problem.strerror or problem}", MISUSED
    hint = "; the same command again goes on with what is not complete" if RESUMED & set(arguments[:1]) else ""
    return f"rnnlab: interrupted{hint}", INTERRUPTED


def _place(problem: BaseException) -> str:
    """The folder of the file that a problem is about, where that is known."""
    file = getattr(problem, "filename", None)
    return f"{os.path.dirname(os.fsdecode(file)) or '.'}: " if isinstance(file, str | bytes) else ""  # noqa: PTH120


def _verbosity(arguments: list[str]) -> Verbosity:
    return next((VERBOSITIES[word] for word in arguments[1:] if word in VERBOSITIES), Verbosity.USUAL)


def _route(arguments: list[str]) -> int:
    """Print the page that is asked for, or hand the words over to their command."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if command == "completion" and (rest[:1] == ["query"] or not HELP & set(rest)):
        return completion.main(rest)
    if (page := _page(command, rest)) is not None:
        print(shown(page))
        return 0
    words = quote_arguments(_flags_first(command, rest))
    return int(importlib.import_module(f"rnnlab.commands.{command}").main(words))


def _page(command: str, rest: list[str]) -> str | None:
    """Return the page that is printed where no command is to be run: help or the version.

    Raises:
        UserError: There is no such command.
    """
    if command in HELP:
        return help.overview()
    if command == "--version":
        return f"rnnlab {_version()}"
    if command not in reference.commands():
        raise UserError(_unknown_command(command))
    return help.command_help(command, rest) if HELP & set(rest) else None


def _unknown_command(word: str) -> str:
    commands = list(reference.commands())
    if "=" in word or word.startswith("-"):
        return f"{word}: the command comes first, such as `rnnlab train {word}`; `rnnlab --help` lists them"
    near = difflib.get_close_matches(word, commands, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(commands)}"
    return f"{word}: unknown command; {hint}"


def _flags_first(command: str, words: list[str]) -> list[str]:
    """The flags, which Hydra's parser wants together, then the other words.

    Refused are the flags that Hydra would answer with its usage text, and those that rnnlab does not use.
    """
    flags, others = [], []
    if len({VERBOSITIES[word] for word in words if word in VERBOSITIES}) > 1:
        raise UserError("-q and -v: one says less than usual and the other more; choose one")
    remaining = iter(word for word in words if word not in VERBOSITIES)
    for word in remaining:
        flag, equals, _ = word.partition("=")
        if not flag.startswith("-"):
            others.append(word)
        elif command == "train" and flag in FLAGS_WITH_VALUE:
            flags.append(word)
            if not equals:
                flags.append(next(remaining, "-"))
                if flags[-1].startswith("-"):
                    raise UserError(f"{flag}: needs a {FLAGS_WITH_VALUE[flag]} after it")
        elif command == "train" and word in SWITCHES:
            flags.append(word)
        else:
            raise UserError(f"{flag}: unknown flag; `rnnlab {command} --help` shows what there is")
    return [*flags, *others]


def _one_line(error: UserError) -> str:
    return " ".join(line.strip() for line in str(error).splitlines() if line.strip())


def _version() -> str:
    try:
        return importlib.metadata.version("rnnlab")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed: run from its source folder)"
