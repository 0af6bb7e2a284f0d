import pytest

from eval.robustness import says_documents_err


@pytest.mark.parametrize(
    "text",
    [
        "资料中关于成立年份的说法有误，应为2013年。",
        "提供的文档存在事实性错误。",
        "两份文件的说法相互矛盾。",
        "文中给出的价格与另一份资料不一致。",
        "这与事实不符。",
        "错误的信息：巴黎不是德国的首都。",
        "There are factual errors in the provided documents.",
        "The passage is incorrect: it was founded in 2013 [1].",
        "The two documents contradict each other.",
        "The documents appear to contain a mistake about the year.",
        "According to an error in the first passage, it is 1998.",
        "Contrary to what the text says, Paris is in France.",
        "The passages are inconsistent on this.",
    ],
)
def test_what_says_that_the_documents_err_is_seen(text: str) -> None:
    assert says_documents_err(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "资料中没有相关信息。",
        "公司成立于2013年[1]。",
        "E04 表示传动带打滑，请检查错误代码。",
        "资料中没有错误，公司成立于2013年。",
        "文档里未发现任何矛盾。",
        "代码错误时请重新输入。资料见附件。",
        "The documents do not contain this.",
        "Error E04 means that the belt slips [1].",
        "The conflict began in 1914 [2].",
        "The passage has no errors. It was founded in 2013.",
        "The documents do not contradict each other.",
        "It was wrong to open the lever. The document says so.",
    ],
)
def test_other_answers_are_not_taken_for_it(text: str) -> None:
    assert not says_documents_err(text)
