"""Answers as HTML: what a citation opens, and that documents stay text whatever they contain."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from rag.answer import Answer, Citation, Reason, Sentence
from rag.text.sentences import Span
from ui import view
from ui.card_wording import CARD_WORDINGS
from ui.evidence import stretches
from ui.rendering import render
from ui.wording import WORDINGS, Wording

EN, ZH = WORDINGS["en"], WORDINGS["zh"]
SAYS = CARD_WORDINGS["en"]
HOSTILE = (
    '<script>alert(1)</script> <img src=x onerror="alert(2)"> </blockquote></div> &lt;b&gt; '
    "**bold** [link](javascript:alert(3)) `code` $x^2$ :smile: # heading [1] [2]"
)


class _Tags(HTMLParser):
    """Which tags and attributes a piece of HTML has, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str, css_class: str = "") -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and (not css_class or css_class in (attributes.get("class") or "").split())
        ]


def parse(html: str) -> _Tags:
    tags = _Tags(html)
    assert not tags.open, f"left open: {tags.open}"
    return tags


def passage(text: str, source: str = "manual.pdf", start: int = 100, **metadata: object) -> Document:
    return Document(
        id="p",
        page_content=text,
        metadata={
            "doc_id": "d",
            "source": source,
            "page": 3,
            "heading": ("Care", "Battery"),
            "start": start,
            "end": start + len(text),
            "context": "Manual",
            "kind": "prose",
            "lang": "en",
            "modified": "2026-01-20T00:00:00",
            **metadata,
        },
    )


def cite(number: int, document: Document, quote: str) -> Citation:
    start = document.metadata["start"] + document.page_content.index(quote)
    return Citation(number, document, quote, start, start + len(quote), 1.0)


def answer_of(
    sentences: list[tuple[str, tuple[int, ...]]], citations: tuple[Citation, ...], separator: str = " "
) -> Answer:
    text = ""
    found = []
    for sentence, numbers in sentences:
        text += separator if text else ""
        found.append(Sentence(sentence, len(text), len(text) + len(sentence), numbers, None))
        text += sentence
    passages = tuple(citation.passage for citation in citations)
    return Answer("q", text, passages, tuple(found), citations)


def test_mark_opens_a_panel_with_source_page_and_the_exact_quote_marked() -> None:
    document = passage("Charge it first. The battery lasts nine hours. Then rest.")
    quote = "The battery lasts nine hours."
    html = view.answer_html(
        answer_of([("It lasts nine hours [1].", (1,))], (cite(1, document, quote),)), EN, key="7"
    )
    tags = parse(html)
    (mark,) = tags.named("button", "wj-mark")
    (panel,) = tags.named("div", "wj-panel")
    assert mark["popovertarget"] == panel["id"] == "wj-7-1"
    assert "popover" in panel
    assert mark["aria-label"] == "Quote [1]: Manual › Battery"
    assert panel["aria-label"] == "Manual › Battery"
    assert f"<mark>{quote}</mark>" in html
    assert "manual.pdf, page 3×Manual › Care › Battery · dated 2026-01-20" in tags.text
    assert tags.text.startswith("It lasts nine hours [1].")


def test_two_quotes_of_one_passage_are_marked_in_one_panel() -> None:
    document = passage("甲有七天假。乙有九天假。丙没有假。", source="手册.md", page=None, lang="zh")
    citations = (cite(1, document, "甲有七天假。"), cite(1, document, "丙没有假。"))
    html = view.answer_html(answer_of([("甲七天[1]。", (1,)), ("丙没有[1]。", (1,))], citations, ""), ZH, "1")
    tags = parse(html)
    assert len(tags.named("div", "wj-panel")) == 1
    assert len(tags.named("button", "wj-mark")) == 2
    assert "<mark>甲有七天假。</mark>乙有九天假。<mark>丙没有假。</mark>" in html
    assert tags.named("div", "wj-text")[0]["lang"] == "zh-Hans"


def test_look_alike_of_a_mark_inside_a_sentence_stays_text() -> None:
    document = passage("Set switch [1] to ON.")
    html = view.answer_html(
        answer_of([("Set switch [1] to ON and read item [9] [1].", (1,))], (cite(1, document, "ON."),)),
        EN,
        "1",
    )
    tags = parse(html)
    assert len(tags.named("button", "wj-mark")) == 1
    assert tags.text.startswith("Set switch [1] to ON and read item [9] [1].")


def test_sentence_without_a_source_is_distinct_and_explained() -> None:
    document = passage("Nine hours.")
    html = view.answer_html(
        answer_of([("Nine hours [1].", (1,)), ("Maybe more.", ())], (cite(1, document, "Nine hours."),)),
        EN,
        "1",
    )
    assert '<span class="wj-uncited">Maybe more.</span>' in html
    assert SAYS.uncited in parse(html).text


def test_declined_answer_says_so_with_the_reason_in_the_page_language() -> None:
    answer = Answer(
        "q",
        "资料中没有相关信息。",
        (),
        abstained=True,
        reason=Reason("found no answer"),
    )
    tags = parse(view.answer_html(answer, ZH, "1"))
    assert tags.named("div", "wj-declined")
    assert tags.text.strip() == "文档里没有找到答案"
    assert not tags.named("button")
    unknown = replace(answer, reason=Reason("unknown codes", "P400"))
    assert "找到的段落里有同类的编号，但没有 P400" in parse(view.answer_html(unknown, ZH, "1")).text


@pytest.mark.parametrize("wording", [ZH, EN], ids=["zh", "en"])
def test_hostile_documents_and_answers_stay_inert_text(wording: Wording) -> None:
    document = passage(
        HOSTILE, source=f"a{HOSTILE}.md", heading=(HOSTILE,), context=HOSTILE, kind="table", modified=HOSTILE
    )
    citation = cite(1, document, "<img src=x onerror=")
    answer = answer_of([(f"{HOSTILE} [1].", (1,)), (HOSTILE, ())], (citation,))
    pages = {
        "answer": view.answer_html(answer, wording, "1"),
        "stopped": view.stopped_html(answer.text, wording),
        "passages": view.passages_html([document], wording),
        "question": view.question_html(HOSTILE),
        "declined": view.answer_html(
            Answer("q", HOSTILE, (), abstained=True, reason=Reason("unknown codes", HOSTILE)), wording, "1"
        ),
        "facts": view.facts_html([(HOSTILE, HOSTILE)]),
    }
    ours = {
        "div",
        "h2",
        "p",
        "span",
        "button",
        "mark",
        "blockquote",
        "strong",
        "details",
        "summary",
        "figure",
    }
    ours |= {"figcaption", "table", "thead", "tbody", "tr", "th", "td"}
    for name, html in pages.items():
        tags = parse(html)
        assert {tag for tag, _ in tags.tags} <= ours | {"dl", "dt", "dd"}, name
        attributes = {key for _, found in tags.tags for key in found}
        assert not {key for key in attributes if key.startswith("on") or key in ("src", "href", "style")}
        assert "<script>alert(1)</script>" in tags.text, name
        assert "**bold** [link](javascript:alert(3)) `code` $x^2$ :smile: # heading" in tags.text, name


def test_passages_are_rows_with_place_and_heading_that_unfold_to_the_text() -> None:
    tags = parse(view.passages_html([passage("One."), passage("二。", source="表.md", page=None)], ZH))
    assert len(tags.named("details", "wj-passage")) == 2
    assert "[1] Manual › Batterymanual.pdf，第 3 页 · One.One." in tags.text
    assert "[2] Manual › Battery表.md · 二。二。" in tags.text


def test_unresolved_marks_of_what_was_stopped_open_nothing() -> None:
    tags = parse(view.stopped_html("Nine hours [1] and", EN))
    assert not tags.named("button")
    assert len(tags.named("span", "wj-pending")) == 1
    assert "Nine hours [1] and" in tags.text


@pytest.mark.parametrize("end", [" [", " [1", "["])
def test_half_written_mark_is_not_shown(end: str) -> None:
    assert view.split_marks(f"Nine hours{end}") == [("Nine hours", "")]


def test_stopped_answer_keeps_its_text_and_says_that_it_is_unfinished() -> None:
    assert SAYS.stopped in parse(view.stopped_html("Nine ho", EN)).text
    assert SAYS.stopped_early in parse(view.stopped_html("", EN)).text


def test_very_long_text_is_shown_whole() -> None:
    text = "很长的句子，" * 20_000
    document = passage(text, page=None)
    html = view.answer_html(answer_of([(f"{text}[1]。", (1,))], (cite(1, document, text),)), ZH, "1")
    assert parse(html).text.count(text) == 3


@given(st.text(), st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40))))
def test_highlighting_changes_no_character_and_marks_exactly_the_spans(
    text: str, pairs: list[tuple[int, int]]
) -> None:
    spans = [Span(min(pair), max(pair)) for pair in pairs]
    html = render("evidence", "marked", stretches=stretches(text, spans))
    marked = {index for span in spans for index in range(max(span.start, 0), min(span.end, len(text)))}
    position = 0
    for index, piece in enumerate(re.split(r"</?mark>", html)):
        plain = unescape(piece)
        for _ in plain:
            assert (position in marked) == bool(index % 2)
            position += 1
    assert position == len(text)
    assert re.sub(r"</?mark>", "", html) == render("evidence", "marked", stretches=stretches(text, []))


def test_error_message_keeps_its_commands_as_code_and_the_rest_as_plain_text() -> None:
    message = "can't read *the* file a_b_c.toml <b>; name another with --config, or run `python -m rag ask`"
    assert view.as_markdown(message) == (
        r"can\'t read \*the\* file a\_b\_c\.toml \<b\>\; name another with `--config,` or run "
        "`python -m rag ask`"
    )
