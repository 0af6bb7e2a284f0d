import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.support import measure_support
from rag.text.analysis import Analyzer

TEXT = "潮汐 P200 的保修期为两年。软管每运行 250 小时更换一次。泵头不能灭菌。"
ENGLISH = "The P200 is under warranty for two years. Replace the tubing every 250 hours. Don't sterilize it."


@pytest.mark.parametrize(
    ("sentence", "text", "question", "quote"),
    [
        ("软管每 250 小时更换一次。", TEXT, "软管多久换一次？", "软管每运行 250 小时更换一次。"),
        (
            "The tubing is replaced every 250 hours.",
            ENGLISH,
            "How often is the tubing replaced?",
            "Replace the tubing every 250 hours.",
        ),
    ],
)
def test_a_supported_sentence_quotes_the_sentence_that_says_it(
    analyzer: Analyzer, sentence: str, text: str, question: str, quote: str
) -> None:
    support = measure_support(sentence, text, question, analyzer=analyzer)
    assert support.share > 0.7
    assert text[support.quote.start : support.quote.end] == quote


def test_a_wrong_number_is_not_supported(analyzer: Analyzer) -> None:
    right = measure_support("软管每 250 小时更换一次。", TEXT, "多久换一次？", analyzer=analyzer)
    wrong = measure_support("软管每 800 小时更换一次。", TEXT, "多久换一次？", analyzer=analyzer)
    assert wrong.share <= 0.3 < right.share


def test_a_number_of_the_question_need_not_be_in_the_evidence(analyzer: Analyzer) -> None:
    support = measure_support(
        "2 台 P200 的保修期都是两年。", TEXT, "买 2 台 P200 保修期多长？", analyzer=analyzer
    )
    assert support.share > 0.3


def test_repeating_the_question_supports_less_than_answering_it(analyzer: Analyzer) -> None:
    question = "What sterilizes the P200?"
    echo = measure_support("Ozone sterilizes the P200.", ENGLISH, question, analyzer=analyzer)
    answer = measure_support("Replace the tubing.", ENGLISH, question, analyzer=analyzer)
    assert echo.share < answer.share


def test_a_quote_takes_a_neighbour_that_holds_the_other_half(analyzer: Analyzer) -> None:
    text = "The pump weighs nine kilograms. It draws forty watts. Cleaning is described below."
    support = measure_support(
        "It weighs nine kilograms and draws forty watts.", text, "How heavy is it?", analyzer=analyzer
    )
    quote = text[support.quote.start : support.quote.end]
    assert quote == "The pump weighs nine kilograms. It draws forty watts."


@given(st.text(max_size=60), st.text(max_size=120), st.text(max_size=30))
def test_share_is_a_share_and_the_quote_lies_in_the_text(sentence: str, text: str, question: str) -> None:
    support = measure_support(sentence, text, question, analyzer=_ANALYZER)
    assert 0.0 <= support.share <= 1.0
    assert 0 <= support.quote.start <= support.quote.end <= len(text)


class _WordAnalyzer:
    def content_terms(self, text: str) -> list[str]:
        return text.lower().split()


_ANALYZER = _WordAnalyzer()


def test_a_tables_row_that_has_the_number_is_quoted_not_the_header_alone(analyzer: Analyzer) -> None:
    table = "豆种 | 产地 | 每公斤价格（元）\n曼特宁 | 印度尼西亚 | 260\n瑰夏 | 巴拿马 | 980"
    support = measure_support("每公斤价格（元） 980", table, "瑰夏每公斤多少钱？", analyzer=analyzer)
    assert "瑰夏 | 巴拿马 | 980" in table[support.quote.start : support.quote.end]
