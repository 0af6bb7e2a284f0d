import pytest

from rag.questions.follow_ups import leans


@pytest.mark.parametrize(
    "text",
    [
        "它有多重？",
        "那阀片组呢？",
        "试用期的人也可以吗？",
        "这两种一起买打几折？",
        "价格是多少？",
        "为什么？",
        "一共多少台？",
        "超过1500元怎么办？",
        "Which parts are excluded from it?",
        "And in Singapore?",
        "What about 3.0?",
        "How heavy is that one?",
        "At what temperature?",
        "Are fines paid as well?",
        "How many in Penang?",
        "Does it cover the tubing as well as the pump?",
        "What is the price?",
    ],
)
def test_a_question_with_something_left_out_leans(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    [
        "食堂在哪里？",
        "其他城市的住宿上限是多少？",
        "这个季度收到多少件投诉？",
        "微澜 S10 报 A2 应该换什么配件，它在国内多少钱？",
        "那种带八滚轮的泵头脉动有多大？",
        "How many people work in Chengdu?",
        "Is there a Linux version of CenboLink?",
        "How long does it take to repair a pump?",
        "Is it possible to pay by credit card?",
        "When did the company get its certificate?",
        "And finally, what is the hotel limit in Japan?",
        "Can travellers add private days to a trip, and are they insured then?",
        "warranty period P200",
    ],
)
def test_a_question_with_all_that_it_needs_stands_alone(text: str) -> None:
    assert not leans(text)
