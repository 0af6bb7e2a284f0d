"""What a text states in its own words."""

from rag.text.facts import names_of


def test_titles_and_first_words_are_no_names() -> None:
    assert names_of("How To Clean The Pump") == frozenset()
    assert names_of("May I ask HR about the AB-1200/X?") == {"hr", "ab-1200", "ab-1200/x"}
    assert names_of("CenboLink 怎么升级？") == {"cenbolink"}
