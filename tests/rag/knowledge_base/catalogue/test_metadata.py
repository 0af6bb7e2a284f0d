from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.knowledge_base.catalogue.metadata import decode_metadata, encode_metadata

names = st.text().filter(lambda name: name != "__tuple__")
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(names, values, max_size=4))
def test_metadata_comes_back_equal_tuples_included(metadata: dict[str, Any]) -> None:
    decoded = decode_metadata(encode_metadata(metadata))
    assert decoded == metadata
    assert repr(decoded) == repr(metadata)


@pytest.mark.parametrize("value", [object(), {1: "a"}, {"a": {b"x"}}, {"__tuple__": [1]}])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="metadata can't hold"):
        encode_metadata({"key": value})
