import pytest
from langchain_core.documents import Document

from rag.answer import Answer, Citation, Sentence, Stage, Trace
from rag.presenting.explanation import confidence_text, is_weak, nearest, stage_tables


def passage(identifier: str, source: str = "a.md", **metadata: object) -> Document:
    return Document(
        id=identifier,
        page_content=f"Text of {identifier}.",
        metadata={"source": source, "heading": (), "context": "", "lang": "en", **metadata},
    )


def test_what_the_search_gives_not_in_the_end_dropped_out() -> None:
    first, second, third = (passage(each, score=1.0) for each in "abc")
    trace = Trace(
        stages=(
            Stage("candidates", (first, second, third), "whole", {"dense": (0.5, None, 0.1)}),
            Stage("candidates", (third,), "its part"),
            Stage("retrieved", (third, first)),
        ),
        query="whole",
    )
    candidates, part, retrieved = stage_tables(trace, limit=2)
    assert [each.query for each in (candidates, part, retrieved)] == ["", "its part", ""]
    # What another search of the same question lacks hasn't dropped out.
    assert candidates.columns == ("score", "dense") and candidates.count == 3
    assert [(row.rank, row.passage.id, row.dropped) for row in candidates.rows] == [
        (1, "a", False),
        (2, "b", True),
    ]
    assert candidates.rows[1].scores == (1.0, None)
    assert not any(row.dropped for row in retrieved.rows)


@pytest.mark.parametrize(
    ("probability", "english", "chinese"),
    [
        (0.8649, "likely right, 86 %", "较有把握 86 %"),
        (0.8, "likely right, 80 %", "较有把握 80 %"),
        (0.7999, "may be right, 79 %", "把握一般 79 %"),
        (0.29, "doubtful, 29 %", "把握不大 29 %"),
        (0.9999, "likely right, 99 %", "较有把握 99 %"),
        (0.0, "doubtful, 0 %", "把握不大 0 %"),
        (1.0, "likely right, 100 %", "较有把握 100 %"),
    ],
)
def test_confidence_is_said_in_words_and_a_number_that_fits_them(
    probability: float, english: str, chinese: str
) -> None:
    assert confidence_text(probability, "en") == english
    assert confidence_text(probability, "zh") == chinese


def test_nearest_documents_come_once_each_with_what_they_are_about() -> None:
    answer = Answer(
        "q",
        "No.",
        (
            passage(
                "1", "leave.md", context="Handbook\nHandbook > Leave\nLeave", heading=("Handbook", "Leave")
            ),
            passage("2", "leave.md", heading=("Other",)),
            passage("3", "prices.csv", context="Part | Price"),
            passage("4", "b.md", context="Title > Part"),
            passage("5", "c.md"),
        ),
    )
    found = nearest(answer)
    assert [(each.passage.metadata["source"], each.about) for each in found] == [
        ("leave.md", ("Handbook", "Leave")),
        ("prices.csv", ("Text of 3.",)),
        ("b.md", ("Title",)),
    ]


@pytest.mark.parametrize(
    ("support", "lang", "cited", "weak"),
    [
        (0.39, "en", (1,), True),
        (0.4, "en", (1,), False),
        (None, "en", (1,), False),
        (0.1, "zh", (1,), False),  # no words are shared across languages
        (0.1, "en", (), False),  # that nothing is cited is said in another way
    ],
)
def test_sentence_is_weak_where_what_it_cites_supports_it_in_part(
    support: float | None, lang: str, cited: tuple[int, ...], weak: bool
) -> None:
    document = passage("1", lang=lang)
    sentence = Sentence("Nine hours.", 0, 11, cited, support)
    citations = tuple(Citation(number, document, "Text", 0, 4, support) for number in cited)
    answer = Answer("q", "Nine hours.", (document,), (sentence,), citations)
    assert is_weak(sentence, answer) is weak
