"""A filter in words."""

import pytest

from rag.filter import Filter
from ui.filter_text import filter_text


@pytest.mark.parametrize(
    ("filter", "chinese", "english"),
    [
        (Filter(source=("hr/", "[[]1]/")), "hr/、[1]/", "hr/, [1]/"),
        (Filter(type=("pdf",), lang=("zh", "fr")), "PDF · 中文、fr", "PDF · 中文, fr"),
        (Filter(since="2025", until="2026-02"), "2025 起 · 2026-02 止", "from 2025 · until 2026-02"),
        (
            Filter(source=("hr/",), exclude=("hr/old/", "*.md")),
            "hr/ · 不含 hr/old/、*.md",
            "hr/ · without hr/old/, *.md",
        ),
        (Filter(pages="3-7"), "第 3-7 页", "page 3-7"),
    ],
)
def test_a_filter_is_said_in_either_language(filter: Filter, chinese: str, english: str) -> None:
    assert filter_text(filter, "zh") == chinese
    assert filter_text(filter, "en") == english
