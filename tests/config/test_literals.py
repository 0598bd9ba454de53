"""What is quoted for Hydra's grammar can be had back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.literals import quote_arguments, unquote_argument


@given(st.text(alphabet="ab $'{}\\=,\""), st.sampled_from(["data.path", "prompt", "cell"]))
def test_a_word_is_what_it_was_before_it_was_quoted(value: str, key: str) -> None:
    word = f"{key}={value}"
    if key == "cell" or not (value[:1] == value[-1:] == "'" and len(value) > 1):
        assert unquote_argument(*quote_arguments([word])) == word
