"""JSON and JSON Lines: records, sections, bad lines, deep nesting."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents.base import Blob

from ingest.normalization import normalize_line
from ingest.parsers.base import UnreadableFile
from ingest.parsers.json_document import JsonParser

Parse = Callable[..., Any]
_TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Co", "Cn")), max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=20,
)


def texts_of(value: Any, name: str = "a.json") -> list[str]:
    """The texts of the blocks of a JSON value."""
    blob = Blob.from_data(json.dumps(value), path=name)
    return [each.page_content for each in JsonParser().lazy_parse(blob)][1:]


def leaves(value: Any) -> list[str]:
    """The texts of a value's plain values."""
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    if value is None:
        return []
    return [normalize_line(str(value).lower() if isinstance(value, bool) else str(value))]


def test_objects_are_lines_below_their_keys(parse: Parse) -> None:
    value = {"title": "泵", "updated": "2025-03-01", "motor": {"power": 1.50, "on": True, "none": None}}

    parsed = parse(JsonParser(), json.dumps(value))

    assert parsed.texts == ["title: 泵", "updated: 2025-03-01", "motor.power: 1.5", "motor.on: true"]
    assert parsed.facts.page_content == "泵"
    assert parsed.facts.metadata["modified"] == "2025-03-01"


def test_flat_records_are_rows_below_a_header(parse: Parse) -> None:
    parsed = parse(
        JsonParser(), '{"cities": [{"name": "北京", "rate": 560}, {"name": "其他", "tags": ["a", "b"]}]}'
    )

    assert parsed.texts == ["cities", "name | rate | tags", "北京 | 560", "其他 |  | a; b"]
    assert parsed.blocks[2].metadata["header"] == "name | rate | tags"


def test_objects_within_records_are_columns_and_large_ones_sections(parse: Parse) -> None:
    records = [{"name": name, "specs": {"power": number}} for number, name in enumerate(("P200", "P300"))]
    large = {f"key {number}": number for number in range(20)}

    assert texts_of(records) == ["name | specs.power", "P200 | 0", "P300 | 1"]
    assert parse(JsonParser(), json.dumps({"large": large})).paths[-1] == ("large",)


def test_keys_that_look_like_paths_lose_nothing() -> None:
    assert {"2", "1"} <= {each.split(" ")[-1] for each in texts_of([{"a.b": 1, "a": {"b": 2}}] * 2)}


def test_records_with_long_texts_are_sections(parse: Parse) -> None:
    long = "这是一段很长的话。" * 40
    parsed = parse(
        JsonParser(), json.dumps([{"title": "第一", "text": long}, {"title": "第二", "text": "短"}])
    )

    assert long in parsed.texts
    assert ("第一", "text") in parsed.paths
    assert "第二" in parsed.texts


def test_numbers_stay_as_written(parse: Parse) -> None:
    assert texts_of({}) == []
    parsed = parse(JsonParser(), '{"a": 1.10, "b": 123456789012345678901234567890, "c": 1e400}')
    assert parsed.texts == ["a: 1.10", "b: 123456789012345678901234567890", "c: 1e400"]


def test_bad_lines_are_named_and_the_rest_goes_on(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    text = '{"a": 1, "b": 2}\nnonsense\n\n{"a": 3, "b": 4}\n{"a": '

    with caplog.at_level(logging.WARNING):
        blob = Blob.from_data(text, path="a.jsonl")
        blocks = list(JsonParser().lazy_parse(blob))

    assert [each.page_content for each in blocks[1:]] == ["a | b", "1 | 2", "3 | 4"]
    assert "2 lines are not valid JSON and are left out: line 2, column 1; 5, column 7" in caplog.text


def test_lines_under_the_name_of_json_are_read(parse: Parse) -> None:
    assert parse(JsonParser(), '{"a": 1, "b": 2}\n{"a": 3, "b": 4}').texts == ["a | b", "1 | 2", "3 | 4"]


def test_repeated_keys_are_reported(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        parse(JsonParser(), '{"a": 1, "a": 2}')

    assert "only their last value is read: a" in caplog.text


def test_invalid_json_is_refused_with_its_place(parse: Parse) -> None:
    with pytest.raises(UnreadableFile, match="line 2, column 7"):
        parse(JsonParser(), '{"a": 1,\n "b": oops}')
    with pytest.raises(UnreadableFile, match="no line of it"):
        list(JsonParser().lazy_parse(Blob.from_data("x\ny", path="a.jsonl")))


@pytest.mark.parametrize("pair", ["[]", ('{"a":', "}")])
def test_nesting_without_end_is_refused(parse: Parse, pair: Any) -> None:
    with pytest.raises(UnreadableFile, match="nested too deeply"):
        parse(JsonParser(), pair[0] * 100_000 + "1" + pair[1] * 100_000)


def test_deep_nesting_is_read_without_recursion(parse: Parse) -> None:
    parsed = parse(JsonParser(), '{"a":' * 300 + '"core"' + "}" * 300)

    assert parsed.texts[-1].endswith("a: core")


@given(_VALUES)
def test_every_value_is_found_in_the_text(value: Any) -> None:
    text = "".join("\n".join(texts_of(value)).split())

    for leaf in leaves(value):
        assert "".join(leaf.strip(" |").split()) in text
