import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

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


def test_it_writes_nothing_and_says_so(reader: ExtractiveReader) -> None:
    for write in (reader.invoke, reader.stream):
        with pytest.raises(GenerationError, match="writes nothing"):
            write(["Hello?"])
