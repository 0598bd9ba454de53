"""What tasks can do is found out on every Python."""

from __future__ import annotations

import inspect

import pytest

from networks import classifier, language_model
from rnnlab.tasks.capabilities import Classifies, EncodesText, Generates


@pytest.mark.parametrize(
    ("task", "capability"),
    [
        (language_model("gru"), Generates),
        (language_model("gru"), EncodesText),
        (classifier("gru"), Classifies),
        (classifier("gru"), EncodesText),
    ],
)
def test_a_task_has_what_a_capability_asks_for_without_looking_it_up(task: object, capability: type) -> None:
    """From Python 3.12 on, `isinstance` asks as `getattr_static` does, which finds no submodules."""
    members = {name for name in (*vars(capability), *capability.__annotations__) if not name.startswith("_")}
    assert members and isinstance(task, capability)
    for name in members:
        inspect.getattr_static(task, name)


def test_no_task_has_what_another_can() -> None:
    assert not isinstance(language_model("gru"), Classifies) and not isinstance(classifier("gru"), Generates)
