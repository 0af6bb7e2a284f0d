"""The filter in the sidebar, and what the page says of it."""

from datetime import date
from typing import Any

from rag.knowledge_base import StoredDocument
from tests.ui.conftest import Workplace
from tests.ui.test_app import EN, ZH, OpenPage, ask, html_of, open_page
from ui.filtering import Choices, choices_of, in_order
from ui.frame_wording import FRAME_WORDINGS

__all__ = ["open_page"]  # a fixture


def document(source: str, **fields: Any) -> StoredDocument:
    values: dict[str, Any] = {
        "doc_id": source, "root": "/docs", "source": source, "sha256": "", "size": 1, "mtime_ns": 1,
        "parser": "text", "status": "ok", "problem": None, "title": "", "lang": "en", "modified": "",
        "pages": None, "characters": 1, "passages": 1, "report": {}, **fields,
    }  # fmt: skip
    return StoredDocument(**values)


def test_choices_are_what_the_documents_have() -> None:
    found = choices_of(
        [
            document("hr/old/a.PDF", lang="zh", modified="2025-03-15T08:00:00+08:00"),
            document("b.md", modified="2024"),
            document("hr/README", modified="2026-02"),
            document("broken/c.docx", status="failed", passages=0),
        ]
    )
    assert found == Choices(
        roots=("/docs",),
        folders=("hr/", "hr/old/"),
        types=("md", "pdf"),
        languages=("en", "zh"),
        first=date(2024, 1, 1),
        last=date(2026, 2, 28),
    )
    assert choices_of([]) == Choices()


def test_question_is_answered_from_the_chosen_folder_only(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    assert page.multiselect(key="filter-folders").options == ["手册/"]
    page.multiselect(key="filter-folders").set_value(["手册/"]).run()
    assert f">{FRAME_WORDINGS['zh'].filter_next}</span>手册/" in html_of(page)
    ask(page, "滤芯多久更换一次？")
    assert f">{ZH.filter_used}</span>手册/" in html_of(page.chat_message[-2])
    listed = html_of(page.chat_message[-1].expander[0])
    assert "手册/设备.pdf" in listed and "handbook.md" not in listed


def test_answer_keeps_the_filter_it_was_given_under(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file, locale="en")
    page.multiselect(key="filter-types").set_value(["md"]).run()
    assert f"{FRAME_WORDINGS['en'].filter_next}</span>MD" in html_of(page)
    ask(page, "How many days of leave do staff get?")
    page.button(key="filter-clear").click().run()
    assert FRAME_WORDINGS["en"].filter_next not in html_of(page)
    assert "Searched only</span>MD" in html_of(page.chat_message[-2])
    ask(page, "Where do visitors park?")
    assert EN.filter_used not in html_of(page.chat_message[-2])


def test_answer_says_that_no_document_passes_the_filter(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    page.multiselect(key="filter-folders").set_value(["手册/"])
    page.multiselect(key="filter-types").set_value(["md"]).run()
    answer = ask(page, "滤芯多久更换一次？")
    assert "wj-declined" in answer
    assert "没有文档符合所选的范围" in answer


def test_days_in_the_wrong_order_are_swapped() -> None:
    early, late = date(2025, 1, 1), date(2026, 1, 1)
    assert in_order(late, early) == in_order(early, late) == (early, late)
    assert in_order(None, early) == (None, early)


def test_days_to_choose_are_those_of_the_documents(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    day = date(2026, 1, 20)
    assert (page.date_input(key="filter-since").min, page.date_input(key="filter-since").max) == (day, day)
    page.date_input(key="filter-since").set_value(day).run()
    assert "2026-01-20 起" in html_of(page)


def test_filter_outlives_a_change_of_language_and_of_the_documents(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file)
    page.multiselect(key="filter-types").set_value(["pdf"]).run()
    page.segmented_control(key="lang").set_value("English").run()
    assert not page.exception
    assert page.multiselect(key="filter-types").value == ["pdf"]
    workplace.write({"notice.txt": ("The bus leaves at seven.",)})
    page.run()
    assert not page.exception
    assert page.multiselect(key="filter-types").options == ["HTML", "MD", "PDF", "TXT"]
    assert page.multiselect(key="filter-types").value == ["pdf"]


def test_page_without_documents_offers_no_filter(workplace: Workplace, open_page: OpenPage) -> None:
    folder = workplace.settings.knowledge_base.path
    folder.rename(folder.with_name("elsewhere"))
    page = open_page("--config", workplace.file)
    assert not page.multiselect
