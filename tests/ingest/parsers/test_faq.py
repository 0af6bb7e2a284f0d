"""Question–answer pairs in the blocks of any format."""

from langchain_core.documents import Document

from ingest.parsers.blocks import block, table_blocks
from ingest.parsers.faq import faq_block, pair_questions


def _heading(level: int, text: str, *above: str) -> Document:
    return block("heading", text, heading=(*above, text), level=level)


def _pairs(blocks: list[Document]) -> list[str]:
    return [each.page_content for each in pair_questions(blocks) if each.metadata["kind"] == "faq"]


def test_question_heading_takes_everything_up_to_the_next_heading() -> None:
    blocks = [
        _heading(1, "常见问题"),
        _heading(2, "如何退货？", "常见问题"),
        block("prose", "七天内。"),
        block("list", "- 发票\n- 包装"),
        *table_blocks([["地区", "运费", "天数"], ["北京", "10", "2"]]),
        _heading(2, "Where is the log?", "常见问题"),
        block("code", "/var/log"),
        _heading(2, "其他", "常见问题"),
        block("prose", "正文。"),
    ]

    paired = pair_questions(blocks)

    assert [each.metadata["kind"] for each in paired] == ["heading", "faq", "faq", "heading", "prose"]
    assert (
        paired[1].page_content
        == "如何退货？\n\n七天内。\n\n- 发票\n- 包装\n\n地区 | 运费 | 天数\n北京 | 10 | 2"
    )
    assert paired[2].page_content == "Where is the log?\n\n/var/log"
    assert paired[1].metadata["heading"] == ("常见问题",)


def test_question_heading_with_headings_below_or_without_answer_is_no_pair() -> None:
    blocks = [
        _heading(1, "What is RAG?"),
        _heading(2, "History", "What is RAG?"),
        block("prose", "Long ago."),
        _heading(1, "Any questions?"),
    ]

    assert _pairs(blocks) == []


def test_bold_question_takes_what_follows() -> None:
    blocks = [
        block("prose", "能报销吗？", strong=True),
        block("prose", "能。"),
        block("prose", "找财务。"),
        block("prose", "When?", strong=True),
        block("prose", "Friday."),
        _heading(1, "结束"),
    ]

    assert _pairs(blocks) == ["能报销吗？\n\n能。\n\n找财务。", "When?\n\nFriday."]


def test_marked_questions_are_paired_within_one_block_and_over_several() -> None:
    one = block("prose", "Q: 怎么请假？\nA: 填表。\n第二行。\nQ2: Who signs?\nA2: HR.")
    several = [block("prose", "问：几天？"), block("prose", "答：十二天。"), block("prose", "另：可顺延。")]
    several += [
        block("prose", "**问题二**：何时？"),
        block("prose", "**答**：三月。"),
        block("list", "- 一日"),
    ]
    several += [block("prose", "本页结束。")]

    assert _pairs([one]) == ["Q: 怎么请假？\nA: 填表。\n第二行。", "Q2: Who signs?\nA2: HR."]
    assert _pairs(several) == [
        "问：几天？\n\n答：十二天。\n\n另：可顺延。",
        "**问题二**：何时？\n\n**答**：三月。\n\n- 一日",
    ]
    assert pair_questions(several)[-1].page_content == "本页结束。"


def test_marked_question_without_answer_stays_as_it_was() -> None:
    blocks = [block("prose", "Q: open question"), block("prose", "Some text.")]

    assert pair_questions(blocks) == blocks


def test_long_pair_stays_one_block() -> None:
    answer = [block("prose", f"第{number}步：按下按钮。") for number in range(500)]

    (pair,) = _pairs([_heading(1, "怎么办？"), *answer])

    assert pair.endswith("第499步：按下按钮。")


def test_pairs_of_a_format_that_holds_them_are_made_directly() -> None:
    pair = faq_block("How\nmany?", "Twelve.\n\nA year.", page=2)

    assert pair.page_content == "How many?\nTwelve.\n\nA year."
    assert (pair.metadata["kind"], pair.metadata["page"]) == ("faq", 2)
    assert pair_questions([pair]) == [pair]
