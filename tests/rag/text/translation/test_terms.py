"""A question's words are found in the other language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.analysis import Analyzer, Glossary
from rag.text.translation import Dictionary, TermGroup, translate_terms


def groups_of(question: str, dictionary: Dictionary, glossary: str = "") -> dict[str, TermGroup]:
    groups = translate_terms(question, Analyzer(Glossary.parse(glossary)), dictionary)
    assert len({each.word for each in groups}) == len(groups)
    return {each.word: each for each in groups}


@pytest.mark.parametrize(
    ("question", "word", "english"),
    [
        ("华沙在哪里？", "华沙", "Warsaw"),
        ("華沙有多大？", "华沙", "Warsaw"),
        ("免疫系统如何工作？", "免疫系统", "immune system"),
        ("水泵的保修期是多久？", "保修期", "warranty period"),
        ("数据库怎么备份？", "数据库", "database"),
    ],
)
def test_chinese_word_is_found_in_english(
    translations: Dictionary, question: str, word: str, english: str
) -> None:
    group = groups_of(question, translations)[word]
    assert tuple(Analyzer().terms(english)) in group.translations
    assert group.weight == 1.0


@pytest.mark.parametrize(
    ("question", "word", "chinese"),
    [
        ("How large is Warsaw?", "warsaw", "华沙"),
        ("How does the immune system work?", "immun system", "免疫系统"),
        ("Is there a warranty on pumps?", "warranti", "保修"),
        ("Which databases are there?", "databas", "数据库"),
    ],
)
def test_english_words_are_found_in_chinese(
    translations: Dictionary, question: str, word: str, chinese: str
) -> None:
    assert (chinese,) in groups_of(question, translations)[word].translations


def test_phrase_takes_the_place_of_its_words(translations: Dictionary) -> None:
    assert not {"immun", "system"} & groups_of("the immune system", translations).keys()


def test_latin_words_and_numbers_stand_for_themselves(translations: Dictionary) -> None:
    chinese = groups_of("AB-1200 在 1998 年卖了多少台？", translations)
    assert chinese["ab1200"].translations == (("ab1200",),)
    assert chinese["1998"].translations == (("1998",),)
    english = groups_of("When was the zyxwolf of 1998 sold?", translations)
    assert english["zyxwolf"].translations == (("zyxwolf",),)
    assert ("1998",) in english["1998"].translations


def test_single_characters_and_function_words_count_little_or_nothing(translations: Dictionary) -> None:
    groups = groups_of("谁的狗在这里？", translations)
    assert groups["狗"].weight < 1.0
    assert not {"谁", "的", "在"} & groups.keys()


def test_glossary_wins(translations: Dictionary) -> None:
    glossary = "年假, 带薪年休假, annual leave\n数据库, Granite\n悟空"
    assert groups_of("年假有几天？", translations, glossary)["年假"].translations == (("annual", "leav"),)
    chinese = groups_of("数据库在哪里？", translations, glossary)
    assert chinese["数据库"].translations == (("granit",),)
    english = groups_of("How much annual leave do we get?", translations, glossary)["annual leav"]
    assert english.translations == (("年假",), ("带薪年休假",))
    assert ("数据库",) in groups_of("Where does Granite run?", translations, glossary)["granit"].translations


def test_translations_are_segmented_as_the_glossary_has_it(translations: Dictionary) -> None:
    analyzer = Analyzer(Glossary.parse("免疫系"))
    [group] = translate_terms("immune system", analyzer, translations)
    [terms] = group.translations
    assert set(terms) <= set(analyzer.terms("免疫系统"))


@given(
    question=st.one_of(
        st.text(max_size=60),
        st.text("免疫系统的华沙年假ab12 ,-?/'", max_size=60),
        st.lists(st.sampled_from(("annual", "leave", "system", "年假", "a-b", "的", "the", "10,000"))).map(
            " ".join
        ),
    ),
    glossary=st.sampled_from(("", "年假, annual leave, a-b\n的, the", "？, a\nthe, 系统\n免疫系")),
)
def test_any_text_gives_groups_of_terms(translations: Dictionary, question: str, glossary: str) -> None:
    for group in groups_of(question, translations, glossary).values():
        assert group.translations
        assert all(group.translations)
        assert all(term for each in group.translations for term in each)
        assert 0 < group.weight <= 1
