"""What a study computes without training: a function of `rnnlab.reference` returns a document.

A study.yaml that has the function's name and its arguments under `reference` trains nothing. Under `beside`, the
function is also told what the networks have reached, and its document stands below theirs.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from inspect import signature
from typing import Any

from omegaconf import OmegaConf

from rnnlab.charts.document import Document
from rnnlab.config.compose import readable_errors
from rnnlab.config.plain_files import checked_yaml
from rnnlab.config.targets import build, locate
from rnnlab.errors import UserError
from rnnlab.studies.documents import document_markdown
from rnnlab.studies.page import write_results
from rnnlab.studies.study import Results, Study

REFERENCE = "reference"


def reference_of(study: Study, changes: list[str]) -> dict[str, Any]:
    """Return the function that a study names and its arguments; nothing where the study trains.

    Args:
        study: The study.
        changes: Words `reference.KEY=VALUE` of the command line.

    Raises:
        UserError: study.yaml is no YAML or names no function, or a word names an argument that it has not.
    """
    checked_yaml(study.file)
    with readable_errors("study"):
        written = OmegaConf.to_container(OmegaConf.load(study.file))
        changed = OmegaConf.to_container(OmegaConf.from_dotlist(changes))
    node = written.get(REFERENCE, {}) if isinstance(written, dict) else {}
    if not isinstance(node, dict) or (node and "_target_" not in node):
        raise UserError(f"{study.file}: {REFERENCE} must be a function's name as _target_, and its settings")
    given = changed.get(REFERENCE, {}) if isinstance(changed, dict) else {}
    keys = [str(key) for key in node if key != "_target_"]
    for key in given if isinstance(given, dict) else ():
        if key not in keys:
            there = f"its keys are {', '.join(keys)}" if node else f"{study.file} trains networks"
            raise UserError(f"{REFERENCE}.{key}: unknown key; {there}")
    return {str(key): value for key, value in {**node, **given}.items()}


def check_beside(node: Mapping[str, Any]) -> None:
    """Check that a study's `beside` names a function that takes its settings and an answer, without calling it.

    Raises:
        UserError: It does not.
    """
    settings = {key: value for key, value in node.items() if key != "_target_"}
    try:
        signature(locate(str(node["_target_"]))).bind(**settings, answer={})
    except TypeError as error:
        raise UserError(
            f"beside: {node['_target_']} cannot be called with these keys and an answer: {error}"
        ) from error


def compute(reference: dict[str, Any]) -> Document:
    """Call the function that a study names.

    Raises:
        UserError: An argument is wrong, or the function returns no document.
    """
    try:
        document = build(reference)
    except (ValueError, TypeError) as error:
        raise UserError(f"{REFERENCE}: {error}") from error
    if not isinstance(document, Document):
        raise UserError(f"{REFERENCE}._target_: {reference['_target_']} returns no Document")
    return document


def write_computed(study: Study, document: Document, reference: dict[str, Any]) -> None:
    """Write a document as the results of its study.

    Raises:
        UserError: The README lost a mark.
    """
    settings = {key: value for key, value in reference.items() if key != "_target_"}
    text = f"{document_markdown(document)}\n\n{_made_with(settings)}"
    charts = document.charts
    names = [f"{chart.name}.png" for chart in charts]
    write_results(study, text, charts, Results(str(document.blocks[0]), names[0] if names else "", names))


def _made_with(settings: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name} {value}" for name, value in settings.items())
    return f"Made with {given or 'no settings'}; python {platform.python_version()}; numpy {version('numpy')}."
