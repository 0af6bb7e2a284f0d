from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from rag.answering.extractive import ExtractiveReader, score_sentences
from rag.errors import GenerationError
from rag.text.analysis import Analyzer

ANALYZER = Analyzer()
PASSAGES = (
    "# 空气净化器\n\nP200 的滤芯型号是 WJ-2031-B。滤芯每运行 2000 小时更换一次。机身保修两年。",
    "Parking\n\nVisitors park on the ground level of the north area. "
    "The shuttle bus leaves the south gate at 7:40.",
    "年假\n\n入职满一年的员工每年有七天年假。入职满十年的员工每年有十二天年假。",
)


@pytest.fixture
def reader() -> ExtractiveReader:
    return ExtractiveReader(analyzer=ANALYZER)


def test_it_says_that_it_quotes(reader: ExtractiveReader) -> None:
    abilities = reader.abilities
    assert abilities.quoting is reader and abilities.local is None and abilities.warm is None


@pytest.mark.parametrize(
    ("question", "number", "answer"),
    [
        ("P200 的滤芯型号是什么？", 1, "P200 的滤芯型号是 WJ-2031-B。"),
        ("滤芯多久更换一次？", 1, "滤芯每运行 2000 小时更换一次。"),
        ("When does the shuttle bus leave?", 2, "The shuttle bus leaves the south gate at 7:40."),
        ("Where do visitors park?", 2, "Visitors park on the ground level of the north area."),
        ("入职满十年有几天年假？", 3, "入职满十年的员工每年有十二天年假。"),
    ],
)
def test_the_sentence_that_answers_is_read_from_its_passage(
    reader: ExtractiveReader, question: str, number: int, answer: str
) -> None:
    assert (number, answer) in reader.read(question, PASSAGES)
    best = score_sentences(question, PASSAGES, ANALYZER)[0]
    assert (best.number, best.text) == (number, answer)


@pytest.mark.parametrize("question", ["年终奖什么时候发？", "What is the name of the chairman?", "？？", ""])
def test_nothing_is_read_where_the_passages_do_not_answer(reader: ExtractiveReader, question: str) -> None:
    assert reader.read(question, PASSAGES) == []


def test_nothing_is_read_from_no_passages(reader: ExtractiveReader) -> None:
    assert reader.read("滤芯多久更换一次？", []) == []
    assert reader.read("滤芯多久更换一次？", ["", "\n"]) == []


def test_an_faq_question_is_not_its_own_answer(reader: ExtractiveReader) -> None:
    faq = "Q: How do I reset the router?\nA: Hold the small button for ten seconds."
    assert reader.read("How do I reset the router?", [faq]) == [
        (1, "A: Hold the small button for ten seconds.")
    ]


def test_a_number_is_preferred_where_a_number_is_asked_for(reader: ExtractiveReader) -> None:
    passage = "The warehouse holds many pumps in winter. The warehouse holds 340 pumps in summer."
    asked = score_sentences("How many pumps does the warehouse hold?", [passage], ANALYZER)
    assert asked[0].text == "The warehouse holds 340 pumps in summer."


def test_the_number_that_the_question_names_is_no_answer(reader: ExtractiveReader) -> None:
    passage = "In 2024 sales of pumps were good. Sales of pumps grew to 512 units that year."
    ranked = score_sentences("How many pumps were sold in sales of 2024?", [passage], ANALYZER)
    bonus = {sentence.text: sentence.score - sentence.coverage for sentence in ranked}
    assert bonus["Sales of pumps grew to 512 units that year."] > bonus["In 2024 sales of pumps were good."]


def test_the_same_sentence_in_two_passages_is_read_once(reader: ExtractiveReader) -> None:
    found = reader.read("滤芯多久更换一次？", [PASSAGES[0], PASSAGES[0]])
    assert len({sentence for _, sentence in found}) == len(found)


class Meaning(Embeddings):
    """Says that a sentence about vehicles is what the question means."""

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] if "vehicle" in text else [0.0, 1.0] for text in texts]


def test_meaning_decides_where_words_are_equally_good() -> None:
    passage = "The north area is for staff badges. The north area is for staff vehicles."
    question = "Is the north area for cars of staff?"
    plain = ExtractiveReader(analyzer=ANALYZER, max_sentences=1)
    compared = ExtractiveReader(analyzer=ANALYZER, max_sentences=1, embeddings=Meaning())
    assert plain.read(question, [passage]) == [(1, "The north area is for staff badges.")]
    assert compared.read(question, [passage]) == [(1, "The north area is for staff vehicles.")]


@given(
    st.text("滤芯更换 pump.。？?\n[1]:#", max_size=30),
    st.lists(st.text("滤芯更换多久 pump valve.。？\n[2]#", max_size=60), max_size=4),
)
def test_what_is_read_are_exact_slices_in_order(question: str, passages: list[str]) -> None:
    found = ExtractiveReader(analyzer=ANALYZER, min_coverage=0.0).read(question, passages)
    assert len(found) <= 2
    assert all(sentence and sentence in passages[number - 1] for number, sentence in found)
    assert [number for number, _ in found] == sorted(number for number, _ in found)


def ask(reader: ExtractiveReader, *messages: Any, **options: Any) -> str:
    return reader.invoke(list(messages), **options).text


def test_as_a_chat_model_it_finds_passages_and_question_in_the_last_human_message(
    reader: ExtractiveReader,
) -> None:
    numbered = "\n".join(f"[{number}] {passage}" for number, passage in enumerate(PASSAGES, start=1))
    example = (HumanMessage("[1] Nothing.\n\nQuestion: What?"), AIMessage("Nothing [1]."))
    text = ask(
        reader,
        SystemMessage("Answer."),
        *example,
        HumanMessage(f"资料：\n{numbered}\n\n问题：滤芯多久更换一次？"),
    )
    assert "滤芯每运行 2000 小时更换一次。 [1]" in text
    english = ask(reader, HumanMessage(f"Passages:\n{numbered}\n\nQuestion: Where do visitors park?"))
    assert english == "Visitors park on the ground level of the north area. [2]"


def test_as_a_chat_model_it_declines_in_the_questions_language(reader: ExtractiveReader) -> None:
    assert ask(reader, HumanMessage("[1] 班车七点四十发车。\n\n问题：谁是董事长？")) == "资料中没有相关信息。"
    assert ask(reader, HumanMessage("Who is the chairman?")) == "The documents do not contain this."


def test_as_a_chat_model_it_ends_at_a_stop_string(reader: ExtractiveReader) -> None:
    message = HumanMessage("[1] Visitors park in the north area.\n\nWhere do visitors park?")
    assert ask(reader, message, stop=[" in the", "[1]"]) == "Visitors park"


def test_without_a_question_it_says_so(reader: ExtractiveReader) -> None:
    with pytest.raises(GenerationError, match="no question"):
        reader.invoke([SystemMessage("Answer.")])


class _Standard:
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ExtractiveReader

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"analyzer": ANALYZER}

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {}

    # It quotes; it writes nothing, calls nothing, sees nothing.
    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return False

    @property
    def supports_json_mode(self) -> bool:
        return False


class TestUnit(_Standard, ChatModelUnitTests):
    pass


class TestIntegration(_Standard, ChatModelIntegrationTests):
    pass
