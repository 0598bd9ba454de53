"""Settings of loggers from the environment: read where a logger is built, and never recorded.

The address of a server may hold a password, and runs are shared. So below `logger` a configuration keeps the reference,
`${oc.env:NAME}`, and what is written into a run's folder goes through `Secrets.hide` and `without_passwords`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from omegaconf.resolvers import oc

from rnnlab.config.passwords import LOGGER, without_passwords
from rnnlab.errors import UserError

RESOLVER = "oc.env"
OPENS = "${"
SHORTEST = 4  # characters of a secret: a shorter one is no secret, and would be hidden in every other word


def with_references(config: DictConfig, resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved configuration in which loggers refer to the environment again.

    Args:
        config: With its interpolations.
        resolved: The same as plain values.

    Raises:
        UserError: A text of a logger looks like a reference and is none.
    """
    loggers = OmegaConf.select(config, LOGGER)
    if not isinstance(loggers, DictConfig) or OPENS not in str(OmegaConf.to_container(loggers)):
        return dict(resolved)
    with _references():
        referring = OmegaConf.to_container(loggers, resolve=True)
    return {**resolved, LOGGER: _referring(resolved[LOGGER], referring, LOGGER)}


@contextmanager
def _references() -> Iterator[None]:
    """Let `${oc.env:NAME}` be itself instead of what the environment has."""

    def reference(name: str, *default: Any) -> str:
        words = [name, *("null" if value is None else str(value) for value in default)]
        return f"${{{RESOLVER}:{','.join(words)}}}"

    OmegaConf.register_new_resolver(RESOLVER, reference, replace=True)
    try:
        yield
    finally:
        OmegaConf.register_new_resolver(RESOLVER, oc.env, replace=True)


def _referring(value: Any, referring: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _referring(inner, referring[name], f"{key}.{name}") for name, inner in value.items()}
    if isinstance(value, list):
        return [_referring(inner, referring[number], f"{key}.{number}") for number, inner in enumerate(value)]
    if value == referring and OPENS in str(value):
        raise UserError(f"{key}: a logger takes no text with {OPENS} in it")
    return referring


def looked_up(node: Any) -> Any:
    """Return the plain settings of loggers with what the environment has in place of references to it.

    Raises:
        UserError: The environment lacks a variable.
    """
    if isinstance(node, Mapping):
        return {name: looked_up(value) for name, value in node.items()}
    if isinstance(node, list):
        return [looked_up(value) for value in node]
    if not (isinstance(node, str) and OPENS in node):
        return node
    try:
        return OmegaConf.create({"value": node}).value
    except OmegaConfBaseException as error:
        raise UserError(f"{LOGGER}: {str(error).splitlines()[0]}") from error


class Secrets:
    """Values that loggers have from the environment, and that are kept out of files and messages."""

    def __init__(self, loggers: Mapping[str, Any] | None) -> None:
        """Look up the references in the plain settings of loggers; where a variable is missing nothing is hidden."""
        self._references: dict[str, str] = {}
        for text in filter(lambda text: OPENS in text, _texts(loggers)):
            with suppress(UserError):
                if len(value := str(looked_up(text))) >= SHORTEST:
                    self._references[value] = text

    def hide(self, text: str) -> str:
        """Return a text with references in place of what they stand for, and without passwords in addresses."""
        for value, reference in self._references.items():
            text = text.replace(value, reference)
        return without_passwords(text)


def _texts(node: Any) -> Iterator[str]:
    """Every text below a plain node."""
    if isinstance(node, Mapping | list):
        for value in node.values() if isinstance(node, Mapping) else node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node
