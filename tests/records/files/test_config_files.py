"""A configuration that is parsed by its blocks says what YAML says of the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.plain_files import read_yaml
from rnnlab.records.files.config_files import config_text, read_config

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20))
KEYS = st.one_of(st.sampled_from(["seed", "task", "on", "y", "null", "1", "a b", "data"]), st.text(max_size=5))
NODES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def outcome(read: Any, file: Path) -> str:
    try:
        return repr(read(file))
    except ValueError as error:
        return f"refused: {error}"


@given(st.dictionaries(KEYS, NODES, max_size=5), st.booleans())
def test_what_was_dumped_is_read(tmp_path_factory: pytest.TempPathFactory, config: Any, flow: bool) -> None:
    file = tmp_path_factory.getbasetemp() / "dumped.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False, default_flow_style=flow), encoding="utf-8")
    assert outcome(read_config, file) == outcome(read_yaml, file)


@given(st.dictionaries(KEYS, NODES, max_size=5), st.booleans(), st.booleans())
def test_what_is_written_by_blocks_is_what_yaml_writes_of_the_whole(
    config: Any, allow_unicode: bool, twice: bool
) -> None:
    if twice and config:  # YAML writes the second as an alias
        config["again"] = [next(iter(config.values()))]
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=allow_unicode)
    assert config_text(config, allow_unicode) == text


def test_values_that_are_equal_and_not_the_same_are_written_as_they_are() -> None:
    texts = [config_text({"a": {"b": value}}, allow_unicode=True) for value in (1, 1.0, True, "1", 0.0, -0.0)]
    assert len(set(texts)) == 6


@pytest.mark.parametrize(
    "text",
    [
        "seed: 1\nseed: 2\n",
        "a: &x 1\nb: *x\n",
        "a: 'it\nb: s'\n",
        'a: "x\ny: z"\n',
        "a: b\nc\n",
        "a: |\n  text\n\n  more\nb: 2\n",
        "a:\n- 1\n- b: 2\n  c: 3\n-\n  d\nb: []\n",
        "a: {b: 1,\nc: 2}\nd: 3\n",
        "--- \na: 1\n",
        "a: 1\n...\nb: 2\n",
        "a: 1\n---\nb: 2\n",
        "%YAML 1.1\n---\na: 1\n",
        "# a remark\na: 1\n# another\nb: 2\n",
        "a:\n  b: 1\n # less\n  c: 2\nd: 3\n",
        "on: 1\nno: 2\n",
        "a: 1\r\nb: 2\r\n",
        "a: [1, 2\n",
        "a: b: c\n",
        "? a\n: 1\n",
        "a: !!python/object/apply:os.system [ls]\n",
        "- 1\n",
        "",
        "a: 1\n\tb: 2\n",
        "a:\n  <<: {b: 1}\n",
        "a: 2026-01-31\n",
    ],
)
def test_what_people_write_is_read_or_refused_as_a_whole(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(text.encode())
    assert outcome(read_config, file) == outcome(read_yaml, file)
