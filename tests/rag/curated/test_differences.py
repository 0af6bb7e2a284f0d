"""What keeps two questions that read alike from being the same."""

import pytest

from rag.curated.differences import difference
from rag.text.analysis import Analyzer, Glossary

GLOSSARY = Glossary.parse(
    "清泉 D80, Spring D80, D80\n质保期, 保修期, warranty period\n泵头, pump head\n软管, tube"
)


@pytest.mark.parametrize(
    ("asked", "curated", "expected"),
    [
        ("How long is the warranty?", "What is the warranty period, how long?", None),
        ("保修多久？", "质保期有多长？", None),
        ("Is it 24 months?", "Is it 36 months?", "a number"),
        ("报销三百元要谁签字？", "报销五百元要谁签字？", "a number"),
        ("Is it twenty dollars?", "Is it ninety dollars?", "a number"),
        ("一起报销吗？", "报销吗？", None),
        ("保修三年吗？", "保修两年吗？", "a number"),
        ("保修3年吗？", "保修三年吗？", None),
        ("Are there two channels?", "Are there 2 channels?", None),
        ("What does error E04 mean?", "What does error E40 mean?", "a number"),
        ("What was the price in 2025?", "What was the price in 2026?", "a number"),
        ("How do I clean the Tidal X?", "How do I clean the Ripple X?", "a name or a code"),
        ("How do I clean the pump of the Spring D80?", "清泉 D80 的泵怎么清洁？", None),
        ("泵头多久换？", "软管多久换？", "a name or a code"),
        ("Can I return it?", "Can't I return it?", "a negation"),
        ("能退货吗？", "不能退货吗？", "a negation"),
        ("能不能退货？", "可以退货吗？", None),
        ("When does it open?", "Where does it open?", "what is asked for"),
        ("谁签字？", "什么时候签字？", "what is asked for"),
    ],
)
def test_difference_is_named(asked: str, curated: str, expected: str | None) -> None:
    assert difference(asked, curated, Analyzer(GLOSSARY)) == expected
