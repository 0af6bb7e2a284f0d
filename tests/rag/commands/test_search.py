import json
from pathlib import Path
from typing import Any

import pytest


def test_hits_in_json_keep_the_contract(wenju: Any) -> None:
    record = wenju.json("search", "软管 更换", "-k", "2")
    assert list(record) == ["id", "query", "hits", "timings_ms", "filter"]
    assert list(record["timings_ms"]) == ["embed", "total"]
    assert len(record["hits"]) == 2
    assert [hit["rank"] for hit in record["hits"]] == [1, 2]
    assert list(record["hits"][0]) == ["rank", "score", "id", "source", "page", "start", "end", "text"]
    assert record["hits"][0]["source"] == "软管.md"
    assert record["hits"][0]["score"] >= record["hits"][1]["score"]


def test_traditional_characters_find_simplified_ones(wenju: Any) -> None:
    assert wenju.json("search", "軟管更換前請斷開電源")["hits"][0]["source"] == "软管.md"


def test_a_batch_of_queries_prints_a_line_each(wenju: Any, tmp_path: Path) -> None:
    batch = tmp_path / "queries.jsonl"
    batch.write_text('{"id": 1, "text": "shuttle"}\n{"id": 2, "text": ""}\n', encoding="utf-8")
    status, output, _ = wenju.rag("search", "--batch", str(batch))
    first, second = map(json.loads, output.splitlines())
    assert status == 3
    assert first["id"] == 1 and first["hits"][0]["source"] == "shuttle.txt"
    assert second["id"] == 2 and "empty" in second["error"]


@pytest.mark.parametrize("k", ["0", "-1", "many"])
def test_k_must_be_a_positive_number(wenju: Any, k: str) -> None:
    with pytest.raises(SystemExit) as exit_info:
        wenju.rag("search", "x", "-k", k)
    assert exit_info.value.code == 2


def test_hits_for_people_name_the_place(wenju: Any) -> None:
    status, output, _ = wenju.rag("search", "shuttle")
    assert status == 0 and "shuttle.txt" in output.splitlines()[0]
