"""Which language a text is in, and about how long it is for a model.

Two languages matter here, so counting scripts is enough and, unlike a statistical detector, it can't fail on
short questions.
"""

import re

CHINESE, OTHERS = ("zh",), ("en", "ja", "ko")  # the languages below, as a question in either finds them

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # the ranges of a character class
_HAN = re.compile(f"[{HAN}]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+")


def language_of(text: str) -> str:
    """The text's language: "zh", "ja", "ko", or "en", which stands for every language written in words.

    A Chinese character weighs as much as a word, so that a Chinese question about "iPhone 15 Pro Max" is
    Chinese. Text without letters is "en".
    """
    han = len(_HAN.findall(text))
    kana = len(_KANA.findall(text))
    hangul = len(_HANGUL.findall(text))
    words = len(_WORD.findall(text))
    if kana > 0.1 * (han + kana) and han + kana > words:
        return "ja"
    if hangul > han and hangul > words:
        return "ko"
    return "zh" if han >= words and han > 0 else "en"


def passage_language(text: str) -> str:
    """The language of a passage of a document: as `language_of`, but Chinese from a smaller share on.

    Chinese prose about software is full of Latin names; what makes a passage Chinese to its readers, and to
    an embedder, is that some of it is: more than 15 characters in a hundred characters and Latin words.
    """
    found = language_of(text)
    if found != "en":
        return found
    han, words = len(_HAN.findall(text)), len(_WORD.findall(text))
    return "zh" if han > 0.15 * (han + words) else "en"


def is_han(character: str) -> bool:
    """Whether the character is a Chinese character (a Unicode Han ideograph)."""
    return _HAN.match(character) is not None


def approximate_tokens(text: str) -> int:
    """About how many tokens a multilingual subword model makes of the text, without loading one.

    A Chinese character is about 0.7 token in the vocabularies of XLM-R and Qwen2; other text is about four
    characters a token.
    """
    han = len(_HAN.findall(text)) + len(_KANA.findall(text))
    return round(0.7 * han + (len(text) - han) / 4)
