"""How answers are cut into comparable units, in English and in Chinese."""

import re
import string

from rag.text import marks

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
# The characters that CMRC 2018's script takes as punctuation and as Chinese, no more and no fewer.
_CMRC_PUNCTUATION = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_CMRC_HAN = re.compile(r"[\u4e00-\u9fa5]")
# Between Chinese characters the script calls NLTK's word_tokenize, which sets these apart: signs, commas and
# colons unless a digit follows, a last full stop, contractions. So 1,299 and 50％ and St. John stay whole.
_SET_APART = re.compile(
    r"([;@#$%&?!()\[\]{}<>\"«»“‘„–—]|--|\.{2,}|[:,](?!\d)"
    r"|\.(?=[\])}>\"'»” ]*$)"
    r"|(?<=[^' ])(?:'(?:s|m|d|ll|re|ve)?|n't)(?=\s|$))"
)


def without_marks(text: str) -> str:
    """The text without citation marks such as ``[1]``."""
    return marks.without_marks(text).strip()


def normalize_squad(text: str) -> str:
    """SQuAD's normalization: lower case, without punctuation (ASCII's), articles and extra white space.

    Source: Rajpurkar et al., EMNLP 2016; its evaluation script.
    """
    kept = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", kept).split())


def normalize_cmrc(text: str) -> str:
    """CMRC 2018's normalization: lower case, without its punctuation; white space inside stays.

    Source: Cui et al., EMNLP-IJCNLP 2019; its evaluation script.
    """
    return "".join(character for character in text.lower().strip() if character not in _CMRC_PUNCTUATION)


def segment_cmrc(text: str) -> list[str]:
    """CMRC 2018's mixed segmentation without punctuation: Chinese by characters, the rest by words.

    The words are NLTK's in all but rare cases; nothing is fetched for it.
    """
    segments: list[str] = []
    rest = ""
    for character in normalize_cmrc(text):
        if _CMRC_HAN.match(character):
            segments.extend(_words(rest))
            segments.append(character)
            rest = ""
        else:
            rest += character
    return segments + _words(rest)


def is_chinese(lang: str) -> bool:
    """Whether a language code is Chinese of any script or region: "zh", "zh-Hant"."""
    return lang.split("-")[0].lower() == "zh"


def units(text: str, lang: str) -> list[str]:
    """The units in which length and overlap are counted: characters in Chinese, words in English."""
    return segment_cmrc(text) if is_chinese(lang) else normalize_squad(text).split()


def _words(text: str) -> list[str]:
    return _SET_APART.sub(r" \1 ", text).split()
