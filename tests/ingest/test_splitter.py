"""Passages: exact slices, in order, nothing lost, pairs whole, cut at sentence ends."""

import re

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from ingest.document_text import DocumentText, assemble
from ingest.parsers.blocks import HeadingPath, block, table_blocks
from ingest.parsers.faq import faq_block
from ingest.splitter import PassageSplitter
from rag.text.language import approximate_tokens

TARGET, LONGEST = 40, 80

_WORDS = st.sampled_from(
    ["泵每六个月清洗一次", "年假十二天", "the pump", "is cleaned", "WJ-2031-B", "3.5 kg", "e.g. soap"]
)
_ENDS = st.sampled_from(["。", "！", "？", ". ", "! ", "；\n", "\n"])
_SENTENCES = st.builds(
    lambda words, end: " ".join(words) + end, st.lists(_WORDS, min_size=1, max_size=16), _ENDS
)
_TEXTS = st.lists(_SENTENCES, min_size=1, max_size=6).map("".join)
_KINDS = st.sampled_from(["prose", "list", "code", "heading", "faq", "table"])
_ITEMS = st.lists(st.tuples(_KINDS, _TEXTS, st.integers(1, 3)), min_size=1, max_size=8)


def _split(text: DocumentText, title: str = "") -> list[Document]:
    splitter = PassageSplitter(TARGET, LONGEST)
    document = Document(page_content=text.text, metadata={"title": title, "blocks": text.blocks})
    return list(splitter.transform_documents([document]))


def _build(items: list[tuple[str, str, int]]) -> DocumentText:
    path, page, blocks = HeadingPath(), 1, []
    for kind, text, number in items:
        if number == 3:
            page += 1
        if kind == "heading":
            heading = text.split("\n")[0][:30]
            path.enter(number, heading)
            blocks.append(block("heading", heading, heading=path.path, page=page, level=number))
        elif kind == "faq":
            blocks.append(faq_block("能退货吗？", text, heading=path.path, page=page))
        elif kind == "table":
            rows = [["型号", "价格"], [text.replace("\n", " "), "12"], ["B", "13"]]
            blocks += table_blocks(rows, heading=path.path, page=page)
        else:
            assert kind in ("prose", "list", "code")
            blocks.append(block("prose" if kind == "prose" else "list", text, heading=path.path, page=page))
    return assemble(blocks)


@given(_ITEMS)
def test_passages_are_exact_slices_in_order_that_cover_all_body_text_once(
    items: list[tuple[str, str, int]],
) -> None:
    text = _build(items)
    passages = _split(text)

    covered = [False] * len(text.text)
    last = 0
    for passage in passages:
        start, end = passage.metadata["start"], passage.metadata["end"]
        assert text.text[start:end] == passage.page_content == passage.page_content.strip() != ""
        assert start >= last
        last = end
        covered[start:end] = [True] * (end - start)
    for each in text.blocks:
        if each.kind != "heading":
            span = text.text[each.start : each.end]
            lost = [char for char, seen in zip(span, covered[each.start : each.end], strict=True) if not seen]
            assert "".join(lost).strip() == ""


@given(_ITEMS)
def test_question_answer_pairs_are_never_split_and_passages_keep_to_one_page(
    items: list[tuple[str, str, int]],
) -> None:
    text = _build(items)
    passages = _split(text)

    pairs = [text.text[each.start : each.end] for each in text.blocks if each.kind == "faq"]
    assert [each.page_content for each in passages if each.metadata["kind"] == "faq"] == pairs
    for passage in passages:
        start, end = passage.metadata["start"], passage.metadata["end"]
        inside = [each for each in text.blocks if start <= each.start < end]
        assert {each.page for each in inside} <= {passage.metadata["page"]}
        if passage.metadata["kind"] != "faq":
            headings = [each for each in inside if each.kind == "heading"]
            allowed = LONGEST + sum(approximate_tokens(text.text[each.start : each.end]) for each in headings)
            assert approximate_tokens(re.sub(r"\s", "", passage.page_content)) <= allowed


@given(st.lists(_SENTENCES, min_size=1, max_size=30))
def test_prose_is_cut_at_sentence_ends_only(sentences: list[str]) -> None:
    short = [each for each in sentences if approximate_tokens(each) <= LONGEST // 2]
    text = assemble([block("prose", "".join(short))])

    for passage in _split(text):
        rest = text.text[passage.metadata["end"] :]
        assert re.search(r"[。！？；.!]$", passage.page_content) or rest == "" or rest.startswith("\n")


def test_headings_travel_with_what_follows_and_are_context_elsewhere() -> None:
    path = HeadingPath()
    path.enter(1, "员工手册")
    blocks = [block("heading", "员工手册", heading=path.path, level=1)]
    path.enter(2, "休假")
    blocks.append(block("heading", "休假", heading=path.path, level=2))
    blocks += [block("prose", "年假十二天，入职满一年后可用。" * 5, heading=path.path) for _ in range(2)]

    first, second, *_ = _split(assemble(blocks), title="员工手册")

    assert first.page_content.startswith("员工手册\n\n休假\n\n年假")
    assert first.metadata["context"] == ""
    assert second.metadata["context"] == "员工手册 > 休假"
    assert first.metadata["heading"] == second.metadata["heading"] == ("员工手册", "休假")


def test_table_rows_stay_whole_and_later_passages_carry_the_header() -> None:
    rows = [["型号", "电压", "价格"], *[[f"WJ-{number}", "220 V", f"{number} 元"] for number in range(60)]]
    text = assemble([block("prose", "价格如下："), *table_blocks(rows)])

    passages = _split(text, title="价目表")

    lines = [line for each in passages for line in each.page_content.split("\n") if "WJ" in line]
    assert lines == [" | ".join(row) for row in rows[1:]]
    assert passages[0].page_content.startswith(
        "价格如下：\n\n型号 | 电压 | 价格\nWJ-0"
    )  # a caption travels along
    assert len(passages) > 2
    for each in passages[1:]:
        assert each.metadata["kind"] == "table"
        assert each.metadata["context"] == "价目表\n型号 | 电压 | 价格"


def test_headings_above_a_caption_go_with_its_table() -> None:
    path = HeadingPath()
    path.enter(1, "5 维护")
    blocks = [block("heading", "5 维护", heading=path.path, level=1)]
    blocks += [block("prose", "5.1 周期", heading=path.path)]
    blocks += table_blocks([["部件", "料号", "周期"], ["膜片", "CBD-8012", "一年"]], heading=path.path)

    (passage,) = _split(assemble(blocks))

    assert passage.page_content.startswith("5 维护\n\n5.1 周期\n\n部件")


def test_sentence_longer_than_the_maximum_is_cut_at_clause_marks() -> None:
    text = assemble([block("prose", "水泵必须定期清洗，" * 40 + "完。")])

    passages = _split(text)

    assert len(passages) > 2
    assert all(each.page_content[-1] in "，。" for each in passages)


def test_short_tail_joins_its_predecessor() -> None:
    text = assemble([block("prose", "员工每年有十二天年假可以使用。" * 4 + "完。")])

    assert len(_split(text)[-1].page_content) > 20


def test_heading_above_a_pair_is_its_context() -> None:
    path = HeadingPath()
    path.enter(1, "常见问题")
    blocks = [block("heading", "常见问题", heading=path.path, level=1)]
    blocks.append(faq_block("能退货吗？", "七天内可以。", heading=path.path))

    (pair,) = _split(assemble(blocks))

    assert pair.page_content == "能退货吗？\n七天内可以。"
    assert pair.metadata["context"] == "常见问题"
    assert pair.metadata["kind"] == "faq"


def test_document_without_blocks_is_split_as_prose() -> None:
    document = Document(page_content="第一句。第二句。", metadata={"source": "a.txt"})

    (passage,) = PassageSplitter().transform_documents([document])

    assert passage.metadata["source"] == "a.txt"
    assert (passage.metadata["start"], passage.metadata["end"], passage.metadata["lang"]) == (0, 8, "zh")


def test_fingerprint_tells_splitters_apart() -> None:
    assert PassageSplitter(100, 200).fingerprint == PassageSplitter(100, 200).fingerprint
    assert PassageSplitter(100, 200).fingerprint != PassageSplitter(100, 201).fingerprint
