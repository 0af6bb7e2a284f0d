"""Values computed by hand from the rules of the official scorers of SQuAD 2.0 and CMRC 2018."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measures.answers import (
    contains_answer,
    exact_match,
    f1,
    is_brief,
    is_right,
    items_said,
    language_match,
    rouge_l,
    score_answer,
)
from eval.measures.tokens import normalize_squad, segment_cmrc


@pytest.mark.parametrize(
    ("prediction", "answers", "exact", "score"),
    [
        ("The Cat!", ["cat"], 1, 1),
        ("a cat sat", ["the cat"], 0, 2 / 3),
        ("cat cat cat", ["cat"], 0, 0.5),  # a word counts as often as both have it
        ("on the mat", ["mat on"], 0, 1),  # a bag of words
        ("U.S.A.", ["usa"], 1, 1),
        ("1,299", ["1299"], 1, 1),
        ("well-known", ["wellknown"], 1, 1),
        ("anthem", ["them"], 0, 0),  # articles are words, not letters
        ("dog", ["cat", "a dog"], 1, 1),
        ("", ["cat"], 0, 0),
        ("the", ["cat"], 0, 0),
        ("the", ["!"], 1, 1),  # an answer of which nothing is left is none, and so is the prediction
        ("cat", ["!"], 0, 0),
        ("the", ["!", "cat"], 0, 0),  # beside another, such an answer doesn't count
        ("£5 million", ["£5"], 0, 2 / 3),  # only ASCII's punctuation goes
        ("10–12", ["1012"], 0, 0),
        ("naïve  ART", ["naïve art"], 1, 1),
    ],
)
def test_english_is_scored_as_squad_does(
    prediction: str, answers: list[str], exact: float, score: float
) -> None:
    assert exact_match(prediction, answers, "en") == exact
    assert f1(prediction, answers, "en") == pytest.approx(score)


@pytest.mark.parametrize(
    ("prediction", "answers", "exact", "score"),
    [
        ("四分钟", ["4分钟"], 0, 2 / 3),
        ("《泡泡堂》", ["泡泡堂"], 1, 1),
        ("“盛大游戏”。", ["盛大游戏"], 1, 1),
        ("天安门广场", ["广场天安门"], 0, 3 / 5),  # the longest common run, not a bag
        ("北京大学", ["北大"], 0, 2 / 6),  # and not a subsequence
        ("韩国Nexon", ["Nexon"], 0, 2 / 4),  # a Latin word is one unit
        ("nexon", ["NEXON"], 1, 1),
        ("iPhone 15 Pro", ["iPhone15 Pro"], 0, 2 / 5),
        ("1,299元", ["1299元"], 0, 2 / 4),  # the comma of a number stays
        ("GPT-4", ["GPT4"], 1, 1),  # the hyphen goes and what it parted becomes one
        ("50％", ["50%"], 0, 0),
        ("踢爆", ["踢爆", "被踢爆"], 1, 1),
        ("被踢爆了", ["踢爆", "被踢爆"], 0, 6 / 7),
        ("", ["踢爆"], 0, 0),
        ("。", ["踢爆"], 0, 0),
        ("一、二", ["一二"], 1, 1),
        ("一,二", ["一二"], 0, 2 / 5),  # ASCII's comma isn't on the list: four units against three
        ("136 次", ["136次"], 0, 1),
        (" 踢爆\n", ["踢爆"], 1, 1),
    ],
)
def test_chinese_is_scored_as_cmrc_does(
    prediction: str, answers: list[str], exact: float, score: float
) -> None:
    for lang in ("zh", "zh-Hant"):
        assert exact_match(prediction, answers, lang) == exact
        assert f1(prediction, answers, lang) == pytest.approx(score)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("由Andrew W. Mellon基金会。", ["由", "andrew", "w.", "mellon", "基", "金", "会"]),
        ("1,299.50元(约)", ["1,299.50", "元", "(", "约", ")"]),
        ("he said: don't (3:4), ok.", ["he", "said", "do", "n't", "(", "34", ")", ",", "ok", "."]),
        ("2-3 日、It's", ["23", "日", "it", "'s"]),
        ("1997–98", ["1997", "–", "98"]),
        ("", []),
    ],
)
def test_mixed_scripts_are_cut_by_characters_and_words(text: str, segments: list[str]) -> None:
    assert segment_cmrc(text) == segments


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        ("上限是 560 元[1]。", ["560元"], True),
        ("The limit is ５６０ yuan.", ["560"], True),
        ("It takes 1560 days.", ["560"], False),
        ("It takes 560.5 days.", ["560"], False),
        ("It takes 1,560 days.", ["560"], False),
        ("It takes 560.", ["560"], True),
        ("560mm", ["560"], True),
        ("Signed by damien\nclayton [2].", ["Damien Clayton"], True),
        ("The party began.", ["art"], False),
        ("An artist.", ["art"], False),
        ("Four screws.", ["screw"], True),
        ("The essay.", ["ess"], False),
        ("他用Python写的。", ["python"], True),
        ("没有。", ["两年"], False),
        ("", ["两年"], False),
        ("anything", ["", " "], False),
        ("C++ is", ["c++"], True),
    ],
)
def test_an_answer_is_found_as_a_reader_would_find_it(text: str, answers: list[str], found: bool) -> None:
    assert contains_answer(text, answers) is found


def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence() -> None:
    # Lin's example: "police killed the gunman" has 2 and 3 words in common with these, in order.
    assert rouge_l("gunman kill police", ["police killed gunman"], "en") == pytest.approx(1 / 3)
    assert rouge_l("police kill gunman", ["police killed gunman"], "en") == pytest.approx(2 / 3)
    assert rouge_l("北京大学", ["北大"], "zh") == pytest.approx(2 * 2 / 6)
    assert rouge_l("", ["x"], "en") == rouge_l("y", ["x"], "en") == 0
    assert rouge_l("x y", ["z", "x y"], "en") == 1


@pytest.mark.parametrize(
    ("text", "lang", "match"),
    [
        ("最多五百六十元。", "zh", 1),
        ("最多五百六十元。", "zh-Hant", 1),
        ("At most 560 yuan a night.", "en", 1),
        ("At most 560 yuan a night.", "zh", 0),
        ("最多五百六十元。", "en", 0),
        ("560", "zh", None),
        ("Damien Clayton", "zh", None),
        ("Damien Clayton", "en", 1),
        ("", "en", None),
    ],
)
def test_the_language_of_an_answer_is_told_where_it_can_be(text: str, lang: str, match: float | None) -> None:
    assert language_match(text, lang) == match


def test_a_refusal_is_right_only_where_there_is_no_answer() -> None:
    for prediction in (None, "", " [1] "):
        refused = score_answer(prediction, [], "en", answerable=False)
        assert (refused.exact_match, refused.f1, refused.contains, refused.length) == (1, 1, None, 0)
        wrong = score_answer(prediction, ["cat"], "en")
        assert (wrong.exact_match, wrong.f1, wrong.contains, wrong.rouge_l) == (0, 0, 0, 0)
    assert score_answer("cat", [], "en", answerable=False).exact_match == 0


def test_an_answer_without_gold_is_unmeasured_not_wrong() -> None:
    scores = score_answer("A long answer.", [], "en")
    assert (scores.exact_match, scores.f1, scores.contains, scores.rouge_l) == (None,) * 4
    assert (scores.length, scores.language_match) == (2, 1)


def test_marks_are_no_words_of_the_answer() -> None:
    scores = score_answer("两年[1]。[2]", ["两年"], "zh")
    assert (scores.exact_match, scores.f1, scores.length) == (1, 1, 2)


@pytest.mark.parametrize(
    ("lang", "golds"), [("en", ["red", "green", "blue", "grey"]), ("zh", ["红", "绿", "蓝", "灰"])]
)
def test_shuffled_and_constant_predictions_give_chance(lang: str, golds: list[str]) -> None:
    generator = random.Random(7)
    asked = [generator.choice(golds) for _ in range(4000)]
    for predictions in (generator.sample(asked, len(asked)), [golds[0]] * len(asked)):
        for measure in (exact_match, f1, rouge_l):
            values = [measure(given, [gold], lang) for given, gold in zip(predictions, asked, strict=True)]
            assert sum(values) / len(values) == pytest.approx(1 / 4, abs=0.03)


texts = st.text(alphabet="ab 甲乙丙12,。-'.", max_size=12)


@given(texts, st.lists(texts, min_size=1, max_size=3), st.sampled_from(["en", "zh"]))
def test_more_and_reordered_golds_never_hurt(prediction: str, golds: list[str], lang: str) -> None:
    for measure in (exact_match, f1, rouge_l):
        value = measure(prediction, golds, lang)
        assert 0 <= value <= 1
        assert measure(prediction, golds[::-1], lang) == value
        if all(map(normalize_squad, golds)):
            assert measure(prediction, [*golds, prediction or "x"], lang) >= value


@given(texts, st.sampled_from(["en", "zh"]))
def test_the_gold_itself_is_a_perfect_answer(text: str, lang: str) -> None:
    assert exact_match(text, [text], lang) == 1
    if segment_cmrc(text) and normalize_squad(text):
        assert f1(text, [text], lang) == rouge_l(text, [text], lang) == 1


def test_long_curated_answers_are_right_if_half_is_said_in_order() -> None:
    words = [f"word{n}" for n in range(60)]
    assert is_right(" ".join(words[:31]), [" ".join(words)], "en")
    assert not is_right(" ".join(words[:29]), [" ".join(words)], "en")
    assert not is_right(" ".join(reversed(words)), [" ".join(words)], "en")
    assert is_right("It is 15 days [1].", ["15 days", " ".join(words)], "en")
    assert not is_right("It is 150 days.", ["15 days"], "en") and not is_right(None, ["15"], "en")
    assert not is_right("", [], "en")


@pytest.mark.parametrize(
    ("text", "lang", "brief"),
    [
        ("一" * 80 + "[1]", "zh", True),
        ("一" * 81, "zh", False),
        ("word " * 48, "en", True),
        ("word " * 52, "en", False),
    ],
)
def test_an_answer_is_brief_within_sixty_tokens_or_eighty_characters(
    text: str, lang: str, brief: bool
) -> None:
    assert is_brief(text, lang) == brief


def test_a_list_is_as_complete_as_its_items_are_said() -> None:
    items = [["passport", "travel document"], ["photo"], ["80 元", "80元"]]
    assert items_said("Bring a travel document and a photo [1].", items) == 2 / 3
    assert items_said(None, items) == 0
    assert items_said("A passport.", []) is None
