"""What is said of an answer beside its words."""

from dataclasses import replace

from rag.answer import Answer
from tests.ui.test_view import HOSTILE, answer_of, cite, parse, passage
from ui import view
from ui.explanation import explanation_html
from ui.verdict import confidence_html
from ui.wording import WORDINGS

EN, ZH = WORDINGS["en"], WORDINGS["zh"]


def weak_answer() -> Answer:
    document = passage("Nine hours.", lang="en")
    answer = answer_of([("It may last long [1].", (1,))], (cite(1, document, "Nine hours."),))
    return replace(answer, sentences=tuple(replace(each, support=0.2) for each in answer.sentences))


def test_confidence_is_said_where_it_is_known_and_something_was_answered() -> None:
    answer = weak_answer()
    assert confidence_html(answer, ZH) == ""
    assert "较有把握 86 %" in parse(confidence_html(replace(answer, confidence=0.86), ZH)).text
    assert "may be right, 50 %" in parse(confidence_html(replace(answer, confidence=0.5), EN)).text
    assert confidence_html(replace(answer, confidence=0.9, abstained=True), EN) == ""


def test_weak_sentence_has_a_mark_that_opens_what_it_means() -> None:
    tags = parse(view.answer_html(weak_answer(), EN, "3"))
    (mark,) = tags.named("button", "wj-weak")
    assert mark["aria-label"] == mark["title"] == EN.weak
    (note,) = tags.named("div", "wj-hint")
    assert mark["popovertarget"] == note["id"] and "popover" in note
    strong = replace(weak_answer(), sentences=(replace(weak_answer().sentences[0], support=0.9),))
    assert "wj-weak" not in view.answer_html(strong, EN, "3")


def test_declined_answer_says_what_the_nearest_documents_are_about() -> None:
    answer = Answer("q", "No.", (passage(HOSTILE, heading=("Care", HOSTILE)),), abstained=True)
    tags = parse(view.answer_html(answer, EN, "1"))
    assert EN.nearest in tags.text and f"Manual › Care › {HOSTILE}" in tags.text


def test_hostile_documents_stay_text_in_the_explanation() -> None:
    answer = replace(weak_answer(), passages=(passage(HOSTILE, source=f"a{HOSTILE}.md"),))
    trace = replace(answer.trace, query=HOSTILE, draft=HOSTILE, evidence=(HOSTILE,), removed=(HOSTILE,))
    trace = replace(trace, first_draft=HOSTILE, found=HOSTILE)
    tags = parse(explanation_html(replace(answer, trace=trace), ZH))
    assert not {tag for tag, _ in tags.tags} & {"script", "img", "a", "b"}
    assert tags.text.count("<script>alert(1)</script>") >= 5
    assert f"没有段落支持，已删去：{HOSTILE}" in tags.text
