"""Entries are matched by their questions; only the same question is sure."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.embedding import embed_new
from rag.curated import FaqMatch, FaqMatcher
from rag.curated.features import Features, probability, shared_words
from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.analysis import Analyzer, Glossary
from tests.reading import seen

Entry = tuple[str, Sequence[str], str]
MakeCurated = Callable[[Mapping[str, Sequence[Entry]]], KnowledgeBase]
ENTRIES: list[Entry] = [
    ("How long is the warranty of the P200?", ["P200 warranty period?"], "24 months."),
    ("Can I pay by credit card?", ["Can you pay by credit card?"], "No, by bank transfer."),
    ("年假有多少天？", ["几天年假？"], "十二天。"),
    ("Where do visitors park?", [], "In the north area."),
    ("Where do visitors leave their car?", [], "In the south area."),
]
HOURS = "When is the depot open?"


@pytest.fixture
def knowledge_base(make_curated: MakeCurated) -> KnowledgeBase:
    return make_curated({"faq.csv": ENTRIES})


@pytest.fixture
def eager(knowledge_base: KnowledgeBase, word_embeddings: Any) -> FaqMatcher:
    """Shows whatever is nearest."""
    return FaqMatcher(knowledge_base.view(EVERYTHING), word_embeddings, likely=0.0001)


@pytest.fixture
def put_note(word_embeddings: Any) -> Callable[[KnowledgeBase, str], None]:
    """Puts a text into a knowledge base that is no curated entry."""

    def put(knowledge_base: KnowledgeBase, text: str) -> None:
        passage = NewPassage(text, 0, len(text))
        with knowledge_base.writer() as writer:
            document = NewDocument("note.md", "1", 1, 1, "md", text=text)
            vectors = embed_new(writer, [passage], word_embeddings)
            writer.put(writer.root("/docs"), document, [passage], vectors)
            writer.publish()

    return put


def of(match: FaqMatch | None) -> tuple[str, str] | None:
    return None if match is None else (match.verdict, match.entry.answer)


def test_the_entrys_own_question_is_sure_and_its_answer_exact(
    knowledge_base: KnowledgeBase, word_embeddings: Any
) -> None:
    match = FaqMatcher(knowledge_base.view(EVERYTHING), word_embeddings).match("p200 warranty period")

    assert match is not None
    assert (match.verdict, match.entry.answer) == ("sure", "24 months.")
    assert match.entry.question == "P200 warranty period?"
    assert match.entry.probability >= 0.95
    text = seen(knowledge_base).text("faq.csv")
    assert text[match.entry.start : match.entry.end] == "24 months."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("HOW LONG IS THE WARRANTY OF THE P200", "24 months."),
        ("how long is the warranty of the P200 ?!", "24 months."),
        ("“Where do visitors park” ？", "In the north area."),
        ("Ｗｈｅｒｅ　ｄｏ　ｖｉｓｉｔｏｒｓ　ｐａｒｋ？", "In the north area."),
        ("Can you pay by credit card", "No, by bank transfer."),
        ("年假，有多少天", "十二天。"),
        ("幾天年假?", "十二天。"),
    ],
)
def test_case_width_script_and_punctuation_leave_a_question_the_same(
    knowledge_base: KnowledgeBase, word_embeddings: Any, question: str, answer: str
) -> None:
    assert of(FaqMatcher(knowledge_base.view(EVERYTHING), word_embeddings).match(question)) == (
        "sure",
        answer,
    )


@pytest.mark.parametrize(
    "question",
    [
        "Warranty period of a P200?",
        "How long is the warranty of the P200 in months?",
        "Can't I pay by credit card?",
        "Can I pay by debit card?",
        "Do visitors park where?",
        "Where do the visitors park?",
        "请问年假有几天？",
    ],
)
def test_question_in_other_words_is_never_sure(eager: FaqMatcher, question: str) -> None:
    match = eager.match(question)
    assert match is not None and match.verdict == "likely"


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("The Tidal P200 shows E08 at the start, what does it mean?", "The P200 shows E06 at the start?"),
        ("P200 开机就报 E08 是什么意思？", "P200 开机就报 E06 怎么办？"),
        ("What does error code E06 mean on the P200?", "P200 开机就报 E06 怎么办？"),
        ("P200 开机就报 E06 是什么原因？", "What does error code E06 mean on the P200?"),
        ("What is the P300 warranty period?", "P200 warranty period?"),
        ("How long is the P200 warranty?", "How long is the P20 warranty?"),
        ("How many days of leave were there in 2025?", "How many days of leave are there in 2026?"),
        ("2025 年年假有几天？", "2026 年年假有多少天？"),
        ("How do I clean the Tidal pump head?", "How do I clean the Ripple pump head?"),
        ("What does the P200 pump cost?", "What does the pump cost, with two heads?"),
    ],
)
def test_entry_about_another_code_number_product_or_in_another_language_is_not_suggested(
    make_curated: MakeCurated, word_embeddings: Any, question: str, entry: str
) -> None:
    made = make_curated({"faq.csv": [(entry, [], "Press stop. 按停止键。")]})
    matcher = FaqMatcher(made.view(EVERYTHING), word_embeddings, likely=0.0001)
    assert matcher.match(question) is None
    assert of(matcher.match(entry)) == ("sure", "Press stop. 按停止键。")


@pytest.mark.parametrize(
    ("question", "entry", "answer"),
    [
        ("What is the warranty of the P200?", "How long is the warranty?", "24 months for the P200."),
        ("P200 开机总是报 E06，什么原因？", "P200 开机就报 E06 怎么办？", "按停止键。"),
        ("Which part does the P200 need when E04 shows?", "Why does my P200 show E04?", "The belt slips."),
    ],
)
def test_entry_that_has_what_the_question_names_is_suggested(
    make_curated: MakeCurated, word_embeddings: Any, question: str, entry: str, answer: str
) -> None:
    made = make_curated({"faq.csv": [(entry, [], answer)]})
    matcher = FaqMatcher(made.view(EVERYTHING), word_embeddings, likely=0.0001)
    assert of(matcher.match(question)) == ("likely", answer)


def test_what_the_filter_leaves_out_changes_no_match(
    make_curated: MakeCurated, word_embeddings: Any, put_note: Callable[[KnowledgeBase, str], None]
) -> None:
    contradicting: list[Entry] = [("Can I pay by credit card?", [], "Yes."), ("Who pays?", [], "You.")]
    alone = make_curated({"faq.csv": ENTRIES})
    among = make_curated({"faq.csv": ENTRIES, "other.csv": contradicting})
    put_note(among, "Hi, thanks: you can pay by credit card.")
    only = Filter(source=("faq.csv",))
    for question in ("Can I pay by credit card?", "Hi, can I pay by card? Thanks", "Who pays by card?"):
        matchers = (
            FaqMatcher(each.view(EVERYTHING), word_embeddings, likely=0.0001) for each in (alone, among)
        )
        first, second = (each.match(question, only) for each in matchers)
        assert first is not None and second is not None
        assert of(first) == of(second) and first.entry.probability == second.entry.probability


def test_entries_that_contradict_each_other_are_not_sure_but_those_that_agree_are(
    make_curated: MakeCurated, word_embeddings: Any
) -> None:
    kept: list[Entry] = [("Who has the key?", [], "The porter.")]
    other: Entry = (
        "WHEN is the depot open?",
        ["Depot hours, every weekday and most of the year?"],
        "From 9.",
    )
    disputed = make_curated({"a.csv": [(HOURS, [], "From 8."), *kept], "b.csv": [other]})
    agreed = make_curated({"a.csv": [(HOURS, [], "From 8."), *kept], "b.csv": [(HOURS, [], "From 8")]})

    match = FaqMatcher(disputed.view(EVERYTHING), word_embeddings).match(HOURS)
    assert match is not None and match.verdict == "likely"
    assert of(FaqMatcher(disputed.view(EVERYTHING), word_embeddings).match(kept[0][0])) == (
        "sure",
        "The porter.",
    )
    found = FaqMatcher(agreed.view(EVERYTHING), word_embeddings).match(HOURS)
    assert found is not None and found.verdict == "sure"


def test_only_entries_that_pass_the_filter_are_matched(
    make_curated: MakeCurated, word_embeddings: Any
) -> None:
    both = make_curated({"a.csv": [(HOURS, [], "From 8.")], "b.csv": [(HOURS, [], "From 9.")]})
    matcher = FaqMatcher(both.view(EVERYTHING), word_embeddings)

    assert of(matcher.match(HOURS, Filter(source=("a.csv",)))) == ("sure", "From 8.")
    assert of(matcher.match(HOURS, Filter(source=("b.csv",)))) == ("sure", "From 9.")
    assert matcher.match(HOURS, Filter(source=("c.csv",))) is None
    assert of(matcher.match(HOURS, Filter().excluding(["a.csv"]))) == ("sure", "From 9.")


def test_question_is_matched_once_until_the_entries_change(
    make_curated: MakeCurated, word_embeddings: Any, put_curated: Callable[..., None]
) -> None:
    made = make_curated({"a.csv": [(HOURS, [], "From 8.")]})
    matcher = FaqMatcher(made.view(EVERYTHING), word_embeddings)
    assert matcher.match(HOURS) is matcher.match(HOURS)
    assert word_embeddings.queries == [HOURS]

    put_curated(made, "a.csv", [(HOURS, [], "From 10.")])
    assert of(matcher.match(HOURS)) == ("sure", "From 10.")
    for number in range(100):
        matcher.match(f"Question {number}?")
    assert of(matcher.match(HOURS)) == ("sure", "From 10.")
    assert word_embeddings.queries.count(HOURS) == 2


def test_nothing_is_likely_of_a_question_about_something_else(
    knowledge_base: KnowledgeBase, word_embeddings: Any
) -> None:
    assert (
        FaqMatcher(knowledge_base.view(EVERYTHING), word_embeddings).match("Which tube fits acids?") is None
    )


def test_knowledge_base_without_entries_has_no_match(tmp_path: Path, word_embeddings: Any) -> None:
    with KnowledgeBase.create(tmp_path / "kb", EmbedderFingerprint("words", 64, "0", "", "")) as empty:
        assert FaqMatcher(empty.view(EVERYTHING), word_embeddings).match("Anything?") is None


def test_probability_rises_with_every_feature_and_synonyms_are_shared_words() -> None:
    low = Features(0.85, 0.0, 0.2, False)
    assert probability(low) < probability(low._replace(score=0.95)) < 1
    assert probability(low) < probability(low._replace(margin=0.05))
    assert probability(low) < probability(low._replace(shared=0.9))
    assert probability(low, same_words=True) >= 0.99
    analyzer = Analyzer(Glossary.parse("warranty, guarantee"))
    assert shared_words("the guarantee", "a warranty", analyzer) == 1.0
    assert shared_words("the guarantee", "a warranty", Analyzer()) == 0.0


def test_the_same_words_win_over_an_entry_in_another_language(
    make_curated: MakeCurated, word_embeddings: Any
) -> None:
    entries: list[Entry] = [*ENTRIES, ("潮汐 P200 怎么清洗？", [], "用清水。")]
    matcher = FaqMatcher(make_curated({"faq.csv": entries}).view(EVERYTHING), word_embeddings)

    assert of(matcher.match("How long is the warranty of the p200")) == ("sure", "24 months.")
    assert of(matcher.match("潮汐Ｐ２００怎麼清洗")) == ("sure", "用清水。")
