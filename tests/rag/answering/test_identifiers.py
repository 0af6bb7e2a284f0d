from collections.abc import Callable

import pytest
from langchain_core.documents import Document

from rag.answering.identifiers import unknown_identifiers

TEXT = "潮汐 P200 报 E03 时检查压杆，E06 时断开触点。软管料号 CBP-2210。"


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("P200 报 E12 是什么意思？", ["E12"]),
        ("P200 报 E3 怎么办？", []),
        ("What does E06 mean?", []),
        ("What is the price of cbp-2210 and CBP2211?", ["CBP2211"]),
        ("清泉 D80 的保修期多长？", []),
        ("Tidal P400 warranty", ["P400"]),
        ("2 台泵工作 12 年", []),
    ],
)
def test_a_code_is_unknown_when_only_others_of_its_kind_are_found(
    make_passage: Callable[..., Document], question: str, unknown: list[str]
) -> None:
    assert unknown_identifiers(question, [make_passage(TEXT)]) == unknown


def test_a_code_in_a_passages_title_is_known(make_passage: Callable[..., Document]) -> None:
    passages = [make_passage(TEXT), make_passage("两年。", context="P400 手册")]
    assert unknown_identifiers("P400 保修多久？", passages) == []
