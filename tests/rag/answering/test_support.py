"""How far a passage supports a sentence, and what a sentence may not say unless its evidence does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering import support
from rag.answering.support import Support
from rag.questions.inquiry import understand
from rag.text.analysis import Analyzer

TEXT = "潮汐 P200 的保修期为两年。软管每运行 250 小时更换一次。泵头不能灭菌。"
ENGLISH = "The P200 is under warranty for two years. Replace the tubing every 250 hours. Don't sterilize it."


def measure_support(sentence: str, text: str, question: str, **options: Any) -> Support:
    return support.measure_support(sentence, text, understand(question), **options)


def disagreement(sentence: str, text: str, question: str, **options: Any) -> str | None:
    return support.disagreement(sentence, text, understand(question), **options)


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
    support = measure_support(sentence, text, question, analyzer=Analyzer())
    assert 0.0 <= support.share <= 1.0
    assert 0 <= support.quote.start <= support.quote.end <= len(text)


def test_a_tables_row_that_has_the_number_is_quoted_not_the_header_alone(analyzer: Analyzer) -> None:
    table = "豆种 | 产地 | 每公斤价格（元）\n曼特宁 | 印度尼西亚 | 260\n瑰夏 | 巴拿马 | 980"
    support = measure_support("每公斤价格（元） 980", table, "瑰夏每公斤多少钱？", analyzer=analyzer)
    assert "瑰夏 | 巴拿马 | 980" in table[support.quote.start : support.quote.end]


@pytest.mark.parametrize(
    ("sentence", "text", "question", "found"),
    [
        ("软管每 300 小时更换。", "软管每 250 小时更换。", "软管多久换？", "number"),
        ("默认波特率是 9600。", "默认波特率 9600，一条总线最多挂 31 台。", "波特率是多少？", None),
        ("通知日期是2025年12月8日。", "通知\n2025-12-08", "什么时候通知的？", None),
        ("年假有十二天。", "年假为 12 天。", "年假有几天？", None),
        ("传输费是3000万英镑。", "传输费为 3000 万英镑。", "传输费是多少？", None),
        ("It costs 1,500 yuan.", "The price is 1500 yuan.", "What does it cost?", None),
        ("It was opened in 1894.", "It was opened in 1889.", "When was it opened?", "number"),
        ("It was designed by Marie Lefort.", "It was designed by Anna Berg.", "Who designed it?", "name"),
        ("The designer was Anna Berg.", "It was designed by Anna Berg.", "Who designed it?", None),
        ("They were beaten by the Normans.", "A Norman army beat them.", "Who beat them?", None),
        ("The pump doesn’t pump.", "The pump isn't pumping.", "What is wrong?", None),
        ("It opens in March.", "The pool opens in May.", "When does the pool open?", "name"),
        ("用的是 WJ-2031-B。", "滤芯型号为 WJ-2032-B。", "用哪种滤芯？", "number"),
        ("用的是 B5k 型。", "用的是 B5n 型。", "用哪种型号？", "name"),
        ("用的是WJ2031B。", "滤芯型号为 WJ-2031-B。", "用哪种滤芯？", None),
        ("依据《差旅规定》。", "依据《考勤规定》办理。", "依据什么？", "name"),
        (
            "由德国工程师Carl和英国工程师William提出。",
            "德国工程师 Carl 与英国工程师 William 提出。",
            "谁？",
            None,
        ),
        ("访客不能使用。", "仅限员工使用，不另通知。", "访客能使用吗？", None),
        ("那是一个港口。", "该城有港口。", "那是什么？", None),
        ("那是 1 个港口。", "该城有港口。", "那是什么？", "number"),
        ("年假有十二天。", "年假为十五天。", "年假有几天？", "number"),
        ("一共有 79,053 个普通股股东。", "报告期末普通股股东总数 79,053", "有多少股东？", None),
        ("发明者是爱迪生。", "特斯拉发明了它。", "谁发明了它？", "words"),
        ("It is the blue one.", "The red one fits.", "Which one fits?", "words"),
        ("不能带宠物。", "宠物可以进入大厅。", "能带宠物吗？", "negation"),
        ("不能带宠物。", "大厅禁止携带宠物。", "能带宠物吗？", None),
        ("設備沒有電池。", "該設備沒有電池。", "電池在哪？", None),
        ("設備沒有電池。", "該設備用電池。", "設備用什麼？", "negation"),
        ("4分钟内不得进行配对。", "可进行游戏；中离则4分钟内不得进行配对。", "多久不得配对？", None),
        ("设备支持热插拔。", "甲型不支持热插拔，乙型支持。", "支持热插拔吗？", None),
        (
            "No, visitors may not park there.",
            "Visitors park in the north area.",
            "May visitors park?",
            "negation",
        ),
        (
            "No, visitors may not park there.",
            "Only staff may park here; visitors walk.",
            "May visitors park?",
            None,
        ),
    ],
)
def test_plain_mistakes_are_named_and_nothing_else_is(
    analyzer: Analyzer, sentence: str, text: str, question: str, found: str | None
) -> None:
    assert disagreement(sentence, text, question, analyzer=analyzer) == found


def test_what_stands_above_a_text_bears_out_too(analyzer: Analyzer) -> None:
    sentence, text, question = (
        "According to the Travel Policy it is 150.",
        "Meals: 150",
        "How much are meals?",
    )
    assert disagreement(sentence, text, question, analyzer=analyzer) == "name"
    assert disagreement(sentence, text, question, analyzer=analyzer, context="Travel Policy") is None


@given(st.text(max_size=80), st.text(max_size=40))
def test_a_text_always_bears_out_itself(sentence: str, question: str) -> None:
    assert disagreement(sentence, sentence, question, analyzer=Analyzer()) is None
