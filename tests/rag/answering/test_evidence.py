from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from rag.answering import evidence
from rag.answering.evidence import Evidence
from rag.questions.inquiry import understand
from rag.text.analysis import Analyzer
from rag.text.language import approximate_tokens

FILLER = "这是一段与问题没有任何关系的说明文字，只是为了占用篇幅。"


def pack_evidence(
    question: str, passages: Sequence[Document], *, parts: tuple[str, ...] = (), **options: Any
) -> list[Evidence]:
    inquiry = replace(understand(question), parts=parts)
    return evidence.pack_evidence(inquiry, passages, **options)


def test_short_passages_are_read_whole_in_order(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    passages = [make_passage("第一段。"), make_passage("第二段。"), make_passage("第三段。")]
    packed = pack_evidence("第一", passages, analyzer=analyzer, budget=400)
    assert [each.text for each in packed] == ["第一段。", "第二段。", "第三段。"]


def test_the_passage_that_says_clearly_more_of_the_question_is_read_first_and_whole(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    found_first = make_passage("苏州总部的食堂中午开门。" * 8, source="1")
    telling = make_passage("午休从十二点开始。夏天不变。" + FILLER * 3, source="2")
    packed = pack_evidence("午休几点开始？", [found_first, telling], analyzer=analyzer, budget=120)
    assert packed[0].passage == telling and packed[0].text == telling.page_content
    near = make_passage("午休时间。几点吃饭。", source="3")  # scores .793 where the other has .818
    packed = pack_evidence("午休几点开始？", [near, telling], analyzer=analyzer, budget=120)
    assert packed[0].passage == near


def test_what_was_found_first_keeps_its_worth_where_another_passage_is_read_before_it(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    found_first = make_passage("食堂中午开门。食堂晚上关门。", source="1")
    telling = make_passage("午休几点开始，看下文。" + FILLER * 12, source="2")
    packed = pack_evidence("午休几点开始？", [found_first, telling], analyzer=analyzer, budget=90)
    assert [each.passage for each in packed] == [telling, found_first]
    assert packed[1].text == found_first.page_content


def test_of_versions_none_is_moved_by_its_words_but_another_document_is(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    found_first = make_passage("苏州总部的食堂中午开门。" * 4, source="1")
    new = make_passage("午休。", source="2", context="午休通知2026", modified="2026-01-01")
    old = make_passage("午休几点开始：十一点。", source="3", context="午休通知2025", modified="2025-01-01")
    packed = pack_evidence("午休几点开始？", [found_first, new, old], analyzer=analyzer, budget=120)
    assert [each.passage for each in packed] == [found_first, new, old]
    other = make_passage("午休几点开始：十二点。", source="4")
    packed = pack_evidence("午休几点开始？", [found_first, new, other, old], analyzer=analyzer, budget=120)
    assert packed[0].passage == other and packed[1].passage == found_first


def test_words_dont_say_that_another_passage_comes_before_one_in_another_language(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    english = make_passage("The lunch break begins at noon.", source="1", lang="en")
    chinese = make_passage("午休几点开始，各店自定。", source="2")
    packed = pack_evidence("午休几点开始？", [english, chinese], analyzer=analyzer, budget=120)
    assert [each.passage for each in packed] == [english, chinese]


def test_of_long_passages_the_sentences_with_the_questions_words_are_read(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    passages = [make_passage(FILLER * 5 + "保修期为两年。" + FILLER * 5, source=f"{n}") for n in range(4)]
    packed = pack_evidence("保修期多长？", passages, analyzer=analyzer, budget=150)
    assert all("保修期为两年。" in each.text for each in packed)
    assert packed[-1].text.startswith("… ") and packed[-1].text.endswith(" …")


def test_one_passage_too_long_for_the_budget_is_still_read(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    packed = pack_evidence("?", [make_passage("长" * 5000)], analyzer=analyzer, budget=64)
    assert len(packed) == 1


def test_the_title_line_says_where_the_passage_stands(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    passage = make_passage("两年。", context="保修承诺 > 第三章", heading=("第三章",))
    (packed,) = pack_evidence("?", [passage], analyzer=analyzer, budget=100)
    assert packed.title == "保修承诺 > 第三章"


def test_a_tables_cells_are_named_by_their_columns(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    header = "项目 | 一线城市 | 其他城市"
    whole = make_passage(f"{header}\n住宿上限 | 560元 | 320元\n餐补 | 120元 | ", kind="table")
    rows = make_passage("住宿上限 | 560元 | 320元", kind="table", context=f"差旅标准\n{header}")
    packed = pack_evidence("住宿", [whole, rows], analyzer=analyzer, budget=400)
    assert packed[0].text == "住宿上限: 一线城市 560元; 其他城市 320元\n餐补: 一线城市 120元"
    assert packed[1].text == "住宿上限: 一线城市 560元; 其他城市 320元"


def test_lines_that_are_no_rows_of_the_table_stay_as_they_are(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    text = "2026 年标准\n\nItem | Price\nPump | 90 | extra\nTube | 4"
    (packed,) = pack_evidence("x", [make_passage(text, kind="table")], analyzer=analyzer, budget=400)
    assert "2026 年标准" in packed.text and "Pump | 90 | extra" in packed.text


def test_versions_of_a_document_are_told_apart_by_their_dates(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    old = make_passage("480 元。", source="1", context="关于差旅标准的通知", modified="2024-12-02")
    new = make_passage("560 元。", source="2", context="关于调整差旅标准的通知", modified="2025-12-08")
    other = make_passage("七点四十。", source="3", context="班车安排", modified="2025-01-01")
    packed = pack_evidence("标准", [old, new, other], analyzer=analyzer, budget=400)
    assert [each.title for each in packed] == [
        "关于调整差旅标准的通知 (2025-12-08)",
        "关于差旅标准的通知 (2024-12-02)",
        "班车安排",
    ]
    asked = pack_evidence("2024 年的标准", [old, new, other], analyzer=analyzer, budget=400)
    assert asked[0].passage is old


def test_pages_of_two_branches_are_no_versions_and_stay_in_order(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    pairs = [
        ("顺途租车 北苑店", "顺途租车 古城店"),
        ("Operator's manual P200", "Operator's manual P300"),
        ("第 3 章 安装", "第 4 章 安装"),
    ]
    for one, other in pairs:
        first = make_passage("120 元。", source="1", context=one, modified="2023-01-01")
        second = make_passage("150 元。", source="2", context=other, modified="2025-01-01")
        packed = pack_evidence("日租金", [first, second], analyzer=analyzer, budget=400)
        assert [each.title for each in packed] == [one, other]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("员工手册（2024 年修订）", "员工手册（2025 年修订）"),
        ("Travel policy", "Travel policy (revised)"),
        ("Price list v2.1", "Price list v3"),
        ("停车通知", "停车通知"),
    ],
)
def test_of_titles_that_differ_in_what_tells_versions_the_newer_is_read_first(
    analyzer: Analyzer, make_passage: Callable[..., Document], older: str, newer: str
) -> None:
    old = make_passage("480 元。", source="1", context=older, modified="2024-12-02")
    new = make_passage("560 元。", source="2", context=newer, modified="2025-12-08")
    packed = pack_evidence("标准", [old, new], analyzer=analyzer, budget=400)
    assert [each.title for each in packed] == [f"{newer} (2025-12-08)", f"{older} (2024-12-02)"]


def test_versions_of_one_document_never_take_the_place_of_another_one(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    found = [
        make_passage("480 元。", source="1", context="差旅标准", modified="2021-01-01"),
        make_passage("在南门。", source="2", context="停车通知", modified="2024-01-01"),
        make_passage("560 元。", source="3", context="差旅标准（修订）", modified="2022-01-01"),
        make_passage("在北门。", source="4", context="停车通知（新）", modified="2025-01-01"),
    ]
    packed = pack_evidence("住宿标准", found, analyzer=analyzer, budget=400)
    assert [each.passage.metadata["source"] for each in packed] == ["3", "4", "1", "2"]


@pytest.mark.parametrize(
    ("question", "newest"),
    [
        ("2026 年的标准是多少？", True),  # of neither
        ("2024 年的标准是多少？", False),
        ("3 月的标准是多少？", False),
        ("标准是多少？", True),
    ],
)
def test_a_question_that_says_which_version_it_means_gets_them_as_they_were_found(
    analyzer: Analyzer, make_passage: Callable[..., Document], question: str, newest: bool
) -> None:
    old = make_passage("480 元。", source="1", context="3月标准", modified="2024-03-02")
    new = make_passage("560 元。", source="2", context="9月标准", modified="2025-09-08")
    packed = pack_evidence(question, [old, new], analyzer=analyzer, budget=400)
    assert (packed[0].passage is new) is newest


def test_a_heading_is_read_with_what_stands_below_it_and_never_alone(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    long = make_passage("西站店的班车从南门发车。" * 6, source="1")
    table = make_passage(
        "西站店\n\n价目\n\n车型 | 日租金\n经济型 | 120 元\n越野车 | 480 元",
        source="2",
        kind="table",
    )
    asked = "西站店租越野车要多少钱？"
    read = [each.text for each in pack_evidence(asked, [long, table], analyzer=analyzer, budget=120)]
    (read_of,) = [each for each in read if "价目" in each]
    assert read_of.splitlines()[:2] == ["西站店", "价目"] and "越野车: 日租金 480 元" in read_of
    for budget in range(40, 120, 4):
        texts = [each.text for each in pack_evidence(asked, [long, table], analyzer=analyzer, budget=budget)]
        assert "西站店" not in [text.partition(" …")[0] for text in texts]


_sentences = st.lists(st.sampled_from([FILLER, "保修期两年。", "It lasts two years. ", "\n\n"]), max_size=12)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@given(st.lists(_sentences.map("".join), min_size=1, max_size=5), st.integers(64, 400))
def test_spans_are_slices_in_order_and_the_budget_is_kept(texts: list[str], budget: int) -> None:
    passages = [
        Document(
            id=str(n),
            page_content=text,
            metadata={"context": "", "doc_id": "d", "kind": "prose", "lang": "zh", "modified": ""},
        )
        for n, text in enumerate(texts)
    ]
    packed = pack_evidence("保修期 years", passages, analyzer=_analyzer(), budget=budget)
    spent = 0
    for each in packed:
        assert list(each.spans) == sorted(set(each.spans))
        spent += sum(approximate_tokens(each.passage.page_content[a:b]) for a, b in each.spans)
    assert spent <= budget or len(packed) == 1


def _analyzer() -> Analyzer:
    from rag.text.analysis import Glossary

    return Analyzer(Glossary.parse(""))


def test_of_each_part_of_a_question_something_is_read(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    leave = [make_passage(f"年假第{n}条：年假有多少天看第{n}号表。" * 6, source=f"{n}") for n in range(4)]
    passages = [*leave, make_passage(FILLER * 3 + "加班按小时计算。" + FILLER * 3, source="overtime")]
    question, parts = "年假有多少天，加班怎么算？", ("年假有多少天", "加班怎么算")
    for budget in (120, 200, 400):
        packed = pack_evidence(question, passages, analyzer=analyzer, budget=budget, parts=parts)
        assert any("加班按小时计算。" in each.text for each in packed)
        assert any("年假有多少天" in each.text for each in packed)
        assert sum(approximate_tokens(each.text) for each in packed) <= budget
