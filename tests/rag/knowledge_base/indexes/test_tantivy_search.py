"""Scores of groups of translations, in a real index."""

from rag.knowledge_base.indexes.tantivy_index import create_index, write_index
from rag.knowledge_base.indexes.tantivy_search import TantivySearcher
from rag.text.translation import TermGroup


def index_of(*passages: str) -> TantivySearcher:
    """Passages of words already cut, with keys from 1 on."""
    index = create_index(None)
    write_index(index, [(key, words.split()) for key, words in enumerate(passages, start=1)])
    return TantivySearcher(index)


def group(*translations: str, weight: float = 1.0) -> TermGroup:
    return TermGroup("word", tuple(tuple(each.split()) for each in translations), weight)


def scores(index: TantivySearcher, *groups: TermGroup) -> dict[int, float]:
    return {hit.key: hit.score for hit in index.search_groups(groups, 10)}


def test_a_passage_with_several_translations_of_one_word_has_that_word_once() -> None:
    index = index_of("pump motor filler", "pump filler filler", "filler filler filler")
    found = scores(index, group("pump", "motor"))
    assert set(found) == {1, 2} and found[1] <= found[2] * 1.01


def test_two_words_count_more_than_one() -> None:
    index = index_of("pump warranty filler", "pump filler filler", "motor filler filler")
    found = scores(index, group("pump", "motor"), group("warranty"))
    assert found[1] > found[2] and found[1] > found[3]


def test_a_word_with_rare_translations_counts_more_than_a_common_one() -> None:
    index = index_of("rare filler", "common filler", "common other", "common another", "filler filler")
    found = scores(index, group("rare"), group("common"))
    assert found[1] > found[2]
    # A rare translation makes a word no rarer: the word is as common as all of its translations.
    spread = scores(index, group("rare", "common"))
    assert spread[1] < found[1] and abs(spread[1] - spread[2]) < 0.05 * spread[2]


def test_a_translation_of_two_words_needs_both() -> None:
    index = index_of("power plug", "power filler", "plug filler", "filler filler")
    assert set(scores(index, group("power plug"))) == {1}


def test_a_word_counts_as_much_as_its_weight() -> None:
    index = index_of("pump filler", "warranty filler", "filler filler")
    found = scores(index, group("pump", weight=0.25), group("warranty"))
    assert abs(found[1] - 0.25 * found[2]) < 0.01 * found[2]


def test_words_that_occur_nowhere_find_nothing() -> None:
    assert scores(index_of("pump filler"), group("nowhere")) == {}
