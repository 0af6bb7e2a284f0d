import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers

from rag.models.weights.charsmap import build_charsmap

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_RULES = st.dictionaries(_CHARACTERS, st.text(_CHARACTERS, max_size=4), max_size=60)


@given(_RULES, st.lists(_CHARACTERS, max_size=20))
def test_every_character_is_replaced_by_its_rule_and_no_other(
    rules: dict[str, str], others: list[str]
) -> None:
    normalizer = normalizers.Precompiled(build_charsmap(rules))
    for character in (*rules, *others):
        assert normalizer.normalize_str(character) == rules.get(character, character)


def test_a_map_as_large_as_that_of_unicode_works() -> None:
    rules = {
        character: unicodedata.normalize("NFKC", character)
        for character in map(chr, range(1, 0x2FA20))
        if not 0xD800 <= ord(character) < 0xE000 and unicodedata.normalize("NFKC", character) != character
    }
    normalizer = normalizers.Precompiled(build_charsmap(rules))
    assert [key for key, value in rules.items() if normalizer.normalize_str(key) != value] == []
    assert normalizer.normalize_str("龘 text") == "龘 text"


@pytest.mark.parametrize("rules", [{"ab": "c"}, {"": "c"}, {"a": "\0"}, {"\0": "a"}])
def test_what_the_format_cannot_say_is_refused(rules: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="rule"):
        build_charsmap(rules)
