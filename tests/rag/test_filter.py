"""What a filter takes, refuses, and says of itself."""

import re
from datetime import date, datetime
from typing import Any

import pytest

from rag.errors import ConfigError
from rag.filter import Filter, exactly


def test_filter_of_nothing_is_empty() -> None:
    assert Filter().is_empty
    assert Filter.from_record({"source": None, "type": []}).is_empty
    assert not Filter(type=("pdf",)).is_empty


def test_values_are_put_in_one_form() -> None:
    given = Filter.from_record(
        {"source": "hr/", "type": [".PDF", "md"], "lang": "ZH", "since": date(2025, 3, 1), "pages": "3-7"}
    )
    assert given == Filter(source=("hr/",), type=("pdf", "md"), lang=("zh",), since="2025-03-01", pages="3-7")
    assert Filter.from_record({"since": datetime(2025, 3, 1, 12)}).since == "2025-03-01"
    assert hash(given) == hash(Filter.from_record(given.to_record()))


def test_record_says_what_is_set_and_is_read_back() -> None:
    given = Filter(source=("hr/**/*.pdf",), root=("/docs",), until="2025", pages="-7")
    assert given.to_record() == {
        "source": ["hr/**/*.pdf"], "root": ["/docs"], "until": "2025", "pages": "-7",
    }  # fmt: skip
    assert Filter.from_record(given.to_record()) == given
    assert str(given) == "source hr/**/*.pdf; root /docs; until 2025; pages -7"


@pytest.mark.parametrize(
    ("pages", "expected"),
    [("3", (3, 3)), ("3-7", (3, 7)), ("3-", (3, None)), ("-7", (1, 7)), ("", (1, None))],
)
def test_pages_are_a_page_or_a_range(pages: str, expected: tuple[int, int | None]) -> None:
    assert Filter(pages=pages).page_range == expected


@pytest.mark.parametrize(
    ("record", "cause"),
    [
        ({"folder": "hr"}, "no field 'folder'; it may have source, exclude, root"),
        ({"source": 5}, "'source' is neither a string nor a list"),
        ({"source": ["a", 5]}, "'source' is neither a string nor a list"),
        ({"source": " "}, "'source' is empty"),
        ({"source": "[z-a]"}, r"'\[z-a\]' isn't a valid glob"),
        ({"exclude": "[z-a]"}, r"'exclude' can't be used: .*isn't a valid glob"),
        ({"lang": "Chinese"}, "isn't a language code; write zh or en"),
        ({"since": "March"}, "'since' 'March' isn't a date"),
        ({"since": 2025}, "'since' 2025 isn't a date"),
        ({"until": "2025-02-30"}, "'until' '2025-02-30' isn't a date"),
        ({"until": "2025-13"}, "isn't a date"),
        ({"since": "2025-03", "until": "2024"}, "later than its 'until'"),
        ({"pages": "seven"}, "isn't a page or a range"),
        ({"pages": "-"}, "isn't a page or a range"),
        ({"pages": 7}, "isn't a page or a range"),
        ({"pages": "7-3"}, "end before they begin"),
    ],
)
def test_wrong_values_are_refused_with_what_to_write(record: dict[str, Any], cause: str) -> None:
    with pytest.raises(ConfigError, match=cause):
        Filter.from_record(record)


def test_dates_of_different_length_may_overlap() -> None:
    assert Filter(since="2025-03", until="2025").until == "2025"


def test_patterns_match_whole_sources() -> None:
    def passes(path: str, **fields: Any) -> bool:
        patterns = Filter.from_record(fields).source_patterns
        return all(re.fullmatch(each, path) for each in patterns)

    assert passes("hr/员工手册.md", source="hr/")
    assert passes("hr/员工手册.md", source=["x", "*手册.md"])
    assert not passes("hr/leave.md", source="leave")
    assert passes("a/leave/b.txt", source="leave")
    assert passes("a/b.PDF", type="pdf")
    assert not passes("a/pdf", type="pdf")
    assert not passes("a/b.pdf", type="pdf", source="hr/")


@pytest.mark.parametrize("source", ["a.md", "hr/[draft] 年假?.md", "x_en/e*0", "notes"])
def test_excluding_sources_leaves_out_these_and_no_others(source: str) -> None:
    wanted = Filter(type=("md",)).excluding([source])
    assert wanted == Filter(type=("md",), exclude=(exactly(source),))
    pattern = wanted.exclude_pattern
    assert pattern is not None and re.fullmatch(pattern, source)
    others = ["b/a.md", "hr/d 年假?.md", "hr/[draft] 年假!.md", "x_en/e10", "hr/notes", "notes.md"]
    assert not any(re.fullmatch(pattern, each) for each in others)
    assert Filter().exclude_pattern is None
