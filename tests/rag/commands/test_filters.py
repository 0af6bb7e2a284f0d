"""``--source``, ``--type``, ``--lang``, ``--since`` and the like, of ``ask`` and ``search``."""

import json
from pathlib import Path
from typing import Any

import pytest


def sources(record: dict[str, Any]) -> set[str]:
    return {each["source"] for each in record["hits"]}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--source", "*.txt"], {"shuttle.txt"}),
        (["--source", "*.txt", "--source", "软管.md"], {"shuttle.txt", "软管.md"}),
        (["--exclude", "*.txt"], {"warranty.md", "软管.md"}),
        (["--source", "*.md", "--exclude", "软管.md", "--exclude", "*.txt"], {"warranty.md"}),
        (["--type", "md"], {"warranty.md", "软管.md"}),
        (["--type", ".TXT", "--lang", "en"], {"shuttle.txt"}),
        (["--lang", "zh"], {"软管.md"}),
        (["--until", "1999"], set()),
        (["--since", "1999-01"], {"shuttle.txt", "warranty.md", "软管.md"}),
        (["--pages", "1-3"], set()),
        (["--root", "/elsewhere"], set()),
    ],
)
def test_search_finds_only_what_passes(wenju: Any, flags: list[str], expected: set[str]) -> None:
    assert sources(wenju.json("search", "pump 软管 shuttle", *flags)) == expected


def test_the_root_is_the_folder_that_was_ingested(wenju: Any) -> None:
    record = wenju.json("search", "pump", "--root", str(wenju.folder.resolve()))
    assert len(sources(record)) == 3


def test_the_filter_used_is_in_the_json(wenju: Any) -> None:
    record = wenju.json("search", "pump", "--type", "PDF", "--since", "2025-03")
    assert record["filter"] == {"type": ["pdf"], "since": "2025-03"}
    assert wenju.json("search", "pump")["filter"] is None
    record = wenju.json("ask", "软管多久更换一次？", "--lang", "zh")
    assert record["filter"] == {"lang": ["zh"]}
    assert {each["source"] for each in record["citations"]} == {"软管.md"}


def test_an_answer_says_that_nothing_passes_the_filter(wenju: Any) -> None:
    record = wenju.json("ask", "软管多久更换一次？", "--source", "hr/")
    assert record["abstained"] is True
    assert record["answer"] == "没有文档符合筛选条件，所以没有可依据的资料。"
    assert record["reason"] == "no document passes the filter"
    assert record["passages"] == [] and record["citations"] == []
    _, output, _ = wenju.rag("ask", "How long is the warranty?", "--type", "pdf")
    assert output.startswith("No document passes the filter")


def test_a_search_for_people_says_which_filter_let_nothing_through(wenju: Any) -> None:
    status, output, _ = wenju.rag("search", "pump", "--type", "pdf", "--source", "hr/")
    assert (status, output) == (0, "nothing found that passes the filter (source hr/; type pdf)\n")


def test_an_answer_rests_on_nothing_that_doesnt_pass(wenju: Any) -> None:
    record = wenju.json("ask", "软管多久更换一次？", "--source", "shuttle.txt")
    assert {each["source"] for each in record["passages"]} == {"shuttle.txt"}
    assert record["abstained"] is True


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_wrong_value_is_an_error_in_one_line(wenju: Any, command: str) -> None:
    status, output, errors = wenju.rag(command, "pump", "--since", "yesterday")
    assert (status, output) == (1, "")
    assert errors.startswith("error: the filter's 'since' 'yesterday' isn't a date")


def test_a_line_of_a_batch_may_have_its_own_filter(wenju: Any, tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    lines: list[dict[str, Any]] = [
        {"id": 1, "text": "pump"},
        {"id": 2, "text": "pump", "filter": {"source": "shuttle.txt"}},
        {"id": 3, "text": "pump", "filter": {"colour": "red"}},
        {"id": 4, "text": "pump", "filter": "md"},
        {"id": 5, "text": "pump", "filter": {}},
    ]
    batch.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    status, output, _ = wenju.rag("search", "--batch", str(batch), "--lang", "zh")
    first, second, third, fourth, fifth = map(json.loads, output.splitlines())
    assert status == 3
    assert sources(first) == {"软管.md"} and first["filter"] == {"lang": ["zh"]}
    assert sources(second) == {"shuttle.txt"} and second["filter"] == {"source": ["shuttle.txt"]}
    assert third["id"] == 3 and "no field 'colour'" in third["error"]
    assert fourth["id"] == 4 and fourth["error"].startswith("filter: ")
    assert len(sources(fifth)) == 3 and fifth["filter"] is None
    status, output, _ = wenju.rag("ask", "--batch", str(batch))
    assert [json.loads(line).get("filter") for line in output.splitlines()][:2] == [
        None, {"source": ["shuttle.txt"]},
    ]  # fmt: skip
