"""The page as a whole, with real parts: an extractive reader over a small knowledge base."""

import re
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from eval.datasets.folder import read_on_knowledge_base
from rag.errors import ConfigError, KnowledgeBaseCorrupt, KnowledgeBaseMismatch, KnowledgeBaseNotFound
from tests.ui.conftest import DOCUMENTS, Workplace, write_settings
from ui.card_wording import CARD_WORDINGS
from ui.frame_wording import FRAME_WORDINGS
from ui.opened import forget_base, open_base
from ui.saving_wording import SAVING_WORDINGS
from ui.session import Conversation
from ui.wording import WORDINGS, Language

PAGE = Path(__file__).parents[2] / "ui" / "app.py"
EN, ZH = WORDINGS["en"], WORDINGS["zh"]
SAYS = CARD_WORDINGS["zh"]
FRAME_ZH = FRAME_WORDINGS["zh"]
OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens the page with command-line arguments, as a browser with a locale."""
    st.cache_resource.clear()
    st.cache_data.clear()

    def open_with(*arguments: object, locale: str = "zh-CN") -> AppTest:
        monkeypatch.setattr(sys, "argv", ["ui/app.py", *map(str, arguments)])
        page = AppTest.from_file(str(PAGE), default_timeout=60)
        page.context["locale"] = locale
        return page.run()

    return open_with


def html_of(block: Any) -> str:
    """All HTML inside the page or a part of it."""
    return "\n".join(element.proto.body for element in block.get("html"))


def ask(page: AppTest, question: str) -> str:
    """Ask and return the HTML of the answer."""
    page.chat_input[0].set_value(question).run()
    return settled(page)


def settled(page: AppTest) -> str:
    """The HTML of the last answer, when it is there."""
    deadline = time.monotonic() + 120
    while page.session_state["conversation"].running is not None:
        assert time.monotonic() < deadline
        page.run()
    assert not page.exception
    return html_of(page.chat_message[-1])


def test_chinese_question_gets_an_answer_whose_mark_opens_source_page_and_quote(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file)
    assert ZH.welcome in html_of(page)
    answer = ask(page, "滤芯多久更换一次？")
    assert page.chat_message[0].name == "user"
    assert "滤芯多久更换一次？" in html_of(page.chat_message[0])
    assert 'class="wj-mark" popovertarget="wj-1-' in answer
    assert "<mark>滤芯每六个月更换一次。</mark>" in answer or "滤芯每六个月更换一次。</mark>" in answer
    assert "手册/设备.pdf，第 1 页" in answer
    assert ZH.welcome not in html_of(page)


def test_english_question_on_an_english_page(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file, locale="en-GB")
    answer = ask(page, "How many days of leave do staff get?")
    assert "Staff get twelve days of leave a year.</mark>" in answer
    assert "handbook.md" in answer
    assert page.chat_message[-1].expander[0].label.startswith("Passages found (")


def test_passages_found_are_listed_with_their_places(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "电池能工作多久？")
    listed = html_of(page.chat_message[-1].expander[0])
    assert "手册/设备.pdf，第 2 页" in listed
    assert "P200 潮汐泵的电池充满电后可以连续工作九小时。" in listed


def test_hostile_document_is_shown_as_text(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file, locale="en")
    answer = ask(page, "What is the siren code K77?")
    assert "&lt;script&gt;document.title=" in answer
    assert "<script" not in html_of(page)
    assert "<img" not in html_of(page)
    shown = [element.value for element in page.markdown]
    assert not any("siren" in text for text in shown)  # documents never go through Markdown


def test_question_that_the_documents_cannot_answer_is_declined_distinctly(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file)
    answer = ask(page, "董事长的生日是哪天？")
    assert "wj-declined" in answer
    assert SAYS.absent in answer
    assert "wj-mark" not in answer


def test_sidebar_names_the_knowledge_base_and_the_models(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    assert str(workplace.settings.knowledge_base.path.resolve()) not in html_of(page.sidebar)
    page.session_state["operator"] = True  # unfolded
    page.run()
    sidebar = html_of(page.sidebar)
    assert str(workplace.settings.knowledge_base.path.resolve()) in sidebar
    assert "3 份文档，4 个段落" in sidebar
    assert "第 1 版" in sidebar
    assert "2026-01-20" in sidebar
    assert workplace.settings.embedder.model in sidebar
    assert ZH.extractive in sidebar
    assert "cpu" in sidebar
    assert "python -m ingest 文件夹 --kb" in page.sidebar.code[0].value


def test_one_document_is_not_said_in_the_plural(
    tmp_path: Path, tiny_embedder_folder: Path, open_page: OpenPage
) -> None:
    place = Workplace(write_settings(tmp_path, tiny_embedder_folder, "extractive"))
    place.write({"a.md": ("Visitors park on the north side.",)})
    page = open_page("--config", place.file, locale="en")
    assert "1 document, 1 passage<" in html_of(page.sidebar)
    assert "There is 1 document here." in html_of(page)
    ask(page, "Where do visitors park?")
    page.session_state["explain-1"] = True
    page.run()
    assert "(1 passage)" in html_of(page.chat_message[1])
    assert "1 passages" not in html_of(page.chat_message[1])


def test_page_follows_what_is_ingested_while_it_runs(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    assert "wj-declined" in ask(page, "班车几点发车？")
    workplace.write({"班车.md": ("班车每天早上七点四十从南门发车。",)})
    page.run()
    answer = ask(page, "班车几点发车？")
    assert "七点四十" in answer
    assert "班车.md" in answer
    assert "4 份文档，5 个段落" in html_of(page.sidebar)
    assert "第 2 版" in html_of(page.sidebar)


def test_conversation_keeps_its_turns_and_passes_them_on(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "滤芯的型号是什么？")
    answer = ask(page, "它多久更换一次？")  # without the turn before it, "it" could be anything
    assert "滤芯每六个月更换一次。" in answer
    assert len(page.chat_message) == 4
    talk = page.session_state["conversation"]
    assert isinstance(talk, Conversation)
    roles = [turn.role for turn in talk.history()]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert "[1]" not in "".join(turn.content for turn in talk.history())


def test_corrected_question_is_saved_and_told_and_not_saved_twice(
    workplace: Workplace, open_page: OpenPage
) -> None:
    file = workplace.settings.ui.benchmark_file
    page = open_page("--config", workplace.file)
    ask(page, "滤芯多久更换一次？")
    page.button(key="benchmark-1").click().run()
    assert page.checkbox(key="save-answerable").value is True
    assert page.multiselect(key="save-sources").value == ["手册/设备.pdf"]
    assert page.text_area(key="save-answers").value == "每六个月"
    assert not file.exists()
    page.text_area(key="save-answers").set_value("六个月\n半年").run()
    page.button(key="save-write").click().run()
    assert not page.exception and not page.checkbox
    assert f"{file}，第 1 行" in html_of(page.chat_message[1])
    (question,) = read_on_knowledge_base(workplace.settings.knowledge_base.path, file).questions
    assert question.answers == ("六个月", "半年") and question.sources == ("手册/设备.pdf",)

    page.button(key="benchmark-1").click().run()  # one's own may be changed at once
    page.text_area(key="save-answers").set_value("六个月").run()
    page.button(key="save-write").click().run()
    (question,) = read_on_knowledge_base(workplace.settings.knowledge_base.path, file).questions
    assert question.answers == ("六个月",)

    page.button(key="new").click().run()
    ask(page, "滤芯多久更换一次？")
    page.button(key="benchmark-1").click().run()
    page.button(key="save-write").click().run()
    assert "第 1 行已有这道题" in page.warning[0].value
    assert page.button(key="save-write").label == SAVING_WORDINGS["zh"].overwrite
    page.button(key="save-write").click().run()
    (question,) = read_on_knowledge_base(workplace.settings.knowledge_base.path, file).questions
    assert question.answers == ("每六个月",)


def test_declined_follow_up_is_saved_as_unanswerable_with_its_conversation(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file, locale="en")
    ask(page, "滤芯的型号是什么？")
    ask(page, "它多久更换一次？")
    page.button(key="benchmark-2").click().run()
    assert page.checkbox(key="save-leaning").value is True
    page.checkbox(key="save-answerable").uncheck().run()
    assert page.text_area(key="save-answers").disabled
    page.button(key="save-write").click().run()
    file = workplace.settings.ui.benchmark_file
    (question,) = read_on_knowledge_base(workplace.settings.knowledge_base.path, file).questions
    assert (question.answerable, question.answers, question.sources) == (False, (), ())
    assert [turn.role for turn in question.history] == ["user", "assistant"]


def test_answerable_question_without_an_answer_is_not_saved(
    workplace: Workplace, open_page: OpenPage
) -> None:
    file = workplace.settings.ui.benchmark_file
    page = open_page("--config", workplace.file)
    ask(page, "滤芯多久更换一次？")
    page.button(key="benchmark-1").click().run()
    page.text_area(key="save-answers").set_value(" \n ").run()
    page.button(key="save-write").click().run()
    assert [each.value.replace("\\", "") for each in page.error] == [SAVING_WORDINGS["zh"].no_answer]
    assert not file.exists()
    page.checkbox(key="save-answerable").uncheck().run()
    page.button(key="save-write").click().run()
    assert not page.error and file.exists()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_file_that_cannot_take_the_question_is_named_in_the_dialog(
    workplace: Workplace, open_page: OpenPage, language: Language
) -> None:
    file = workplace.settings.ui.benchmark_file
    file.write_text("not json\n", encoding="utf-8")
    page = open_page("--config", workplace.file, locale=language)
    ask(page, "滤芯多久更换一次？")
    page.button(key="benchmark-1").click().run()
    page.button(key="save-write").click().run()
    (error,) = page.error
    message = error.value.replace("\\", "")
    assert (
        message.startswith(f"**{SAVING_WORDINGS[language].not_saved}** ")
        and f"{file}, line 1 isn't JSON" in message
    )
    assert page.text_area(key="save-answers").value == "每六个月"  # nothing typed is lost
    file.unlink()
    page.button(key="save-write").click().run()
    assert not page.error and file.exists()


def test_how_an_answer_came_about_is_made_when_it_is_opened(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file)
    assert "wj-explanation" not in ask(page, "滤芯多久更换一次？")
    page.session_state["explain-1"] = True
    page.run()
    shown = html_of(page.chat_message[1])
    assert "wj-explanation" in shown and "<table>" in shown


def examples(page: AppTest) -> list[Any]:
    return [each for each in page.button if str(each.key).startswith("example-")]


def test_example_is_shown_and_asked_in_the_documents_own_words(
    workplace: Workplace, open_page: OpenPage
) -> None:
    hostile = "**Is** :red[it] ![x](http://a/b.png) :smile: $x$ <b> 1. #?"
    workplace.write({}, [(hostile, "No.")])
    page = open_page("--config", workplace.file, locale="en")
    (example,) = examples(page)
    assert not re.search(r"(?<!\\)[!-/:-@\[\]^_`{-~]", example.label)  # Markdown is told to leave all alone
    assert re.sub(r"\\(.)", r"\1", example.label) == hostile
    example.click().run()
    settled(page)
    assert page.session_state["conversation"].exchanges[0].question == hostile


def test_examples_are_those_of_the_knowledge_base_that_is_there(
    workplace: Workplace, open_page: OpenPage
) -> None:
    workplace.write({}, [("滤芯多久更换？", "六个月。")])
    page = open_page("--config", workplace.file)
    assert [each.label for each in examples(page)] == ["滤芯多久更换？"]
    assert open_base(workplace.settings).ready.wait(60)  # two models at once are loaded in one number format
    forget_base()
    workplace.make_anew({"班车.md": ("班车七点四十发车。",)}, [])
    workplace.write({}, [("班车几点？", "七点四十。")])  # as many generations as before
    page.run()
    assert [each.label for each in examples(page)] == ["班车几点？"]


def test_new_conversation_forgets_the_old_one(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "滤芯的型号是什么？")
    page.button(key="new").click().run()
    assert not page.chat_message
    assert ZH.welcome in html_of(page)
    assert page.session_state["conversation"].history() == ()


def test_interface_language_can_be_changed_and_keeps_the_conversation(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "滤芯的型号是什么？")
    page.segmented_control(key="lang").set_value("en").run()
    assert page.query_params["lang"] == "en"
    assert page.chat_input[0].placeholder == EN.placeholder
    assert len(page.chat_message) == 2
    assert page.chat_message[1].expander[0].label.startswith("Passages found (")


def test_blank_question_is_ignored(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    page.chat_input[0].set_value("  \n ").run()
    assert not page.chat_message


def test_too_long_question_gets_one_sentence_and_the_next_is_answered(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "长" * 50_000)
    (error,) = page.error
    assert error.value == "**{}** {}".format(*FRAME_ZH.troubles[ConfigError])
    assert "50,000" in details(page)
    assert "wj-mark" in ask(page, "滤芯的型号是什么？")


def details(page: AppTest) -> str:
    """What is folded below an error."""
    found = [each for each in page.expander if each.label in (FRAME_ZH.details, FRAME_WORDINGS["en"].details)]
    (text,) = found[0].markdown
    return str(text.value).replace("\\", "")


def refusal(page: AppTest) -> str:
    """The one error that the page shows instead of its input: its first words, and what is folded below."""
    assert not page.exception
    assert not page.chat_input
    (error,) = page.error
    assert "/" not in error.value and "python" not in error.value  # nothing for who only asks
    return f"{error.value} {details(page)}"


def test_missing_knowledge_base_is_said_and_a_later_visit_finds_it(
    workplace: Workplace, open_page: OpenPage
) -> None:
    folder = workplace.settings.knowledge_base.path
    folder.rename(folder.with_name("elsewhere"))
    page = open_page("--config", workplace.file)
    message = refusal(page)
    assert message.startswith(f"**{FRAME_ZH.troubles[KnowledgeBaseNotFound][0]}** ")
    assert str(folder) in message
    assert "python -m ingest" in message
    folder.with_name("elsewhere").rename(folder)
    page.run()
    assert not page.error
    assert "wj-mark" in ask(page, "滤芯的型号是什么？")


def test_missing_model_is_said(workplace: Workplace, open_page: OpenPage) -> None:
    shutil.copy(workplace.file, workplace.file.with_name("other.toml"))
    other = workplace.file.with_name("other.toml")
    other.write_text(
        other.read_text(encoding="utf-8").replace("extractive", "/nowhere/model"), encoding="utf-8"
    )
    assert "/nowhere/model" in refusal(open_page("--config", other))


def test_another_embedder_is_refused_in_words(
    workplace: Workplace, open_page: OpenPage, tiny_embedder_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other-embedder"
    shutil.copytree(tiny_embedder_folder, other)
    weights = next(other.rglob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    page = open_page("--config", write_settings(tmp_path, other, "extractive"))
    message = refusal(page)
    assert message.startswith(f"**{FRAME_ZH.troubles[KnowledgeBaseMismatch][0]}** ")
    assert "--rebuild" in message


def test_corrupt_knowledge_base_is_said(workplace: Workplace, open_page: OpenPage) -> None:
    folder = workplace.settings.knowledge_base.path
    for leftover in folder.glob("catalogue.sqlite-*"):
        leftover.unlink()
    (folder / "catalogue.sqlite").write_bytes(b"not a database " * 100)
    assert refusal(open_page("--config", workplace.file)).startswith(
        f"**{FRAME_ZH.troubles[KnowledgeBaseCorrupt][0]}** "
    )


def test_documents_that_cannot_be_read_are_said_once(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    catalogue = sqlite3.connect(workplace.settings.knowledge_base.path / "catalogue.sqlite")
    with closing(catalogue), catalogue:  # which generation is published can still be read
        catalogue.execute("ALTER TABLE documents RENAME COLUMN report TO lost")
    st.cache_data.clear()
    page.run(timeout=20)  # it would be drawn anew without end
    assert refusal(page).startswith(f"**{FRAME_ZH.troubles[KnowledgeBaseCorrupt][0]}** ")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--config", "/nowhere/rag.toml"), "/nowhere/rag.toml"),
        (("--nonsense",), "--nonsense"),
        (("--kb",), "--kb"),
    ],
)
def test_wrong_arguments_are_said(open_page: OpenPage, arguments: tuple[str, ...], part: str) -> None:
    assert part in refusal(open_page(*arguments, locale="en"))


def test_unknown_key_in_the_settings_is_said(workplace: Workplace, open_page: OpenPage) -> None:
    with workplace.file.open("a", encoding="utf-8") as file:
        file.write("temprature = 1\n")
    message = refusal(open_page("--config", workplace.file, locale="en"))
    assert "temprature" in message
    assert "did you mean" in message


def test_settings_that_cannot_be_read_for_a_moment_are_said_and_the_last_ones_go_on(
    workplace: Workplace, open_page: OpenPage
) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "滤芯的型号是什么？")
    settings = workplace.file.read_text(encoding="utf-8")
    workplace.file.write_text("[knowledge", encoding="utf-8")
    page.run()
    assert [each.value for each in page.error] == ["**{}** {}".format(*FRAME_ZH.troubles[ConfigError])]
    assert str(workplace.file) in details(page)
    assert "wj-mark" in html_of(page.chat_message[1])
    assert "wj-mark" in ask(page, "滤芯多久更换一次？")
    workplace.file.write_text(settings, encoding="utf-8")
    page.button(key="retry-settings").click().run()
    assert not page.error and len(page.chat_message) == 4


def test_kb_argument_overrides_the_settings(
    workplace: Workplace, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("--config", workplace.file, "--kb", tmp_path / "none")
    assert str(tmp_path / "none") in refusal(page)


def test_stopped_answer_keeps_its_text_and_says_so(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "滤芯的型号是什么？")
    exchange = page.session_state["conversation"].exchanges[0]
    exchange.answer = replace(exchange.answer, text="滤芯的型号", sentences=(), citations=())
    exchange.stopped = True
    page.run()
    answer = html_of(page.chat_message[1])
    assert "滤芯的型号" in answer
    assert SAYS.stopped in answer
    assert "wj-mark" not in answer


@pytest.mark.parametrize("shown", ["answer", "decline", "stopped"])
def test_what_is_shown_of_a_document_that_has_changed_since_is_said_to_be_old(
    workplace: Workplace, open_page: OpenPage, shown: str
) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "董事长的生日是哪天？" if shown == "decline" else "滤芯的型号是什么？")
    (exchange,) = page.session_state["conversation"].exchanges
    if shown == "stopped":
        exchange.answer = replace(exchange.answer, text="滤芯的型号", sentences=(), citations=())
        exchange.stopped = True
    workplace.write({"别的.md": ("与此无关。",)})
    page.run()
    assert "wj-stale" not in html_of(page.chat_message[1])
    workplace.write(dict.fromkeys(DOCUMENTS, ("改过了。",)))
    page.run()
    assert FRAME_ZH.stale in html_of(page.chat_message[1])
    page.button(key="again-1").click().run()
    settled(page)
    assert "wj-stale" not in html_of(page.chat_message[-1])


def test_unexpected_error_is_one_sentence(workplace: Workplace, open_page: OpenPage) -> None:
    page = open_page("--config", workplace.file)
    ask(page, "滤芯的型号是什么？")
    page.session_state["conversation"].exchanges[0].crashed = True
    page.run()
    assert [error.value for error in page.error] == ["**{}** {}".format(*FRAME_ZH.crashed)]
