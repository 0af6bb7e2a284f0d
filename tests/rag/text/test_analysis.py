import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.analysis import Analyzer, Glossary
from rag.text.words import fold

plain = Analyzer()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("資訊", "公司资讯"),
        ("软体", "軟體"),
        ("ＡＢ－１２００", "AB-1200"),
        ("AB1200/X", "the ab-1200/x unit"),
        ("1200", "AB-1200/X"),
        ("E07", "error E-07"),
        ("7", "E-07"),
        ("2.3.1", "firmware v2.3.1"),
        ("1200元", "共1,200元"),
        ("e-mail", "send an email"),
        ("connection", "it connects"),
        ("CAFÉ", "cafe"),
        ("C++", "written in c++"),
        ("iPhone 15", "iPhone15手机"),
        ("年假", "带薪年假制度"),
        ("report's", "the report"),
        ("한국어", "한국"),
    ],
)
def test_query_shares_a_term_with_text_written_otherwise(query: str, text: str) -> None:
    assert set(plain.content_terms(query)) & set(plain.terms(text))


@pytest.mark.parametrize("number", ["AB-1200/X", "E-07", "v2.3.1", "AB_12.3", "X1"])
def test_part_number_is_kept_whole_and_in_parts(number: str) -> None:
    terms = plain.terms(f"型号{number}的说明")
    assert number.lower() in terms
    assert any(term.isdigit() for term in terms)


def test_different_part_numbers_differ_in_a_term() -> None:
    assert "ab-1200/x" not in plain.terms("AB-1200/Y")
    assert set(plain.terms("E-07")) - set(plain.terms("E-08"))


def test_query_leaves_out_function_words_unless_there_is_nothing_else() -> None:
    assert plain.query_terms("How many days of annual leave do we have?") == [
        "mani",
        "day",
        "annual",
        "leav",
    ]
    assert plain.query_terms("试用期有多少天？") == ["试用", "试用期", "天"]
    assert plain.query_terms("who is it") == ["who", "is", "it"]
    assert plain.query_terms("？！ …") == []


def test_glossary_word_is_one_term() -> None:
    assert "云枢网关" not in plain.terms("重启云枢网关即可")
    assert "云枢网关" in Analyzer(Glossary.parse("云枢网关")).terms("重启云枢网关即可")
    assert "云枢网关" in Analyzer(Glossary.parse("雲樞網關")).terms("重启云枢网关即可")


def test_glossary_word_of_several_scripts_is_a_term_beside_its_parts() -> None:
    terms = Analyzer(Glossary.parse("B超检查")).terms("Ｂ超检查需要预约")
    assert "b超检查" in terms
    assert "检查" in terms
    assert "b超检查" not in Analyzer(Glossary.parse("B超检查")).terms("AB超检查")


def test_query_is_widened_by_synonyms_in_both_languages() -> None:
    analyzer = Analyzer(Glossary.parse("年假, 带薪年休假, annual leave\nPTO, paid time off"))
    assert "带薪年休假" in analyzer.query_terms("how many annual leaves")
    assert {"annual", "leav"} <= set(analyzer.query_terms("带薪年休假几天"))
    assert "pto" in analyzer.query_terms("Paid time off?")
    assert "pto" not in analyzer.query_terms("time off, paid")
    assert "年假" not in analyzer.query_terms("病假")


def test_digest_changes_with_the_glossary_only() -> None:
    assert Analyzer().digest == plain.digest
    assert Analyzer(Glossary.parse("网关")).digest != plain.digest


@given(st.text())
def test_terms_are_never_empty_and_never_hold_white_space(text: str) -> None:
    for term in plain.terms(text):
        assert term
        assert not any(character.isspace() for character in term)
        assert len(term) <= 128


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_folding_twice_changes_nothing_more_for_terms(text: str) -> None:
    assert plain.terms(fold(text)) == plain.terms(fold(fold(text)))


@given(st.text(alphabet="年假天员工AB12-/. ", min_size=1))
def test_width_of_characters_makes_no_difference(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert plain.terms(wide) == plain.terms(text)


def test_endless_run_without_punctuation_is_segmented_whole() -> None:
    assert len(plain.terms("公司" * 50_000)) == 50_000
    assert max(map(len, plain.terms("a" * 100_000))) <= 64
