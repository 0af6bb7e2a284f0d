"""The one place where extracted text is changed, and why.

What a parser reads is normalized once, before spans are counted; stored text, passages and citations all
speak of the normalized text. The rules are narrow on purpose, for a citation must read like the page:

- line ends of every kind become ``\\n``; white space at line ends goes; more than one blank line becomes one;
- characters nobody sees go: NUL and other control characters, soft hyphens, zero-width spaces, byte order
  marks, direction marks and tag characters (which can smuggle text past a reader);
- no-break and typographic spaces become plain ones, but not the ideographic space, which Chinese text uses;
- canonically equivalent characters are composed (NFC);
- compatibility forms that PDF fonts bring in become the characters they stand for (NFKC of just these):
  Kangxi and CJK radicals, compatibility ideographs, Latin ligatures, Arabic presentation forms, half-width
  katakana, and full-width Latin letters and digits. Full-width punctuation stays (，！：（）), and so do
  superscripts, fractions, circled numbers and units: NFKC would make "m²" read "m2" and "①" read "1";
- a half of a surrogate pair without its other half becomes U+FFFD: it has no place in UTF-8.
"""

import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"[\xa0\u1680\u2000-\u200a\u202f\u205f]")
_COMPATIBILITY = re.compile(
    r"[\u2f00-\u2fdf\uf900-\ufaff\U0002f800-\U0002fa1f\ufb00-\ufb4f\ufb50-\ufdff\ufe70-\ufefc"
    r"\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff65-\uff9f]+"
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_TRAILING_SPACE = re.compile(r"(?<![ \t\u3000])[ \t\u3000]++(?=\n)")  # each run is looked at once
_BLANK_LINES = re.compile(r"\n{3,}")

# Radicals that fonts use for whole characters and that have no decomposition: the pairs of Unicode's
# EquivalentUnifiedIdeograph.txt that are characters in their own right.
_RADICALS = dict(
    zip(
        "⺎⺜⺝⺟⺠⺩⺫⺬⺷⺼⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻯⻰⻱⻲",
        "兀日月母民王目示羊肉虎西见角贝车長长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿竜龙龜亀",
        strict=True,
    )
)
_RADICALS["⼾"] = "户"  # NFKC makes it 戶, but fonts of Simplified Chinese use it for 户
_SYMBOL_BULLETS = dict.fromkeys("\uf0b7\uf0a7\uf0d8\uf06c\uf06e\uf076\uf075\uf071", "•")
_REPLACED = {**_RADICALS, **_SYMBOL_BULLETS}
_TO_REPLACE = re.compile(f"[{''.join(_REPLACED)}]")


def normalize(text: str) -> str:
    """The text under the rules above, without white space around it. Idempotent."""
    text = _join_surrogates(text)
    text = _LINE_ENDS.sub("\n", text)
    text = _SPACES.sub(" ", _UNSEEN.sub("", text))
    text = _TO_REPLACE.sub(lambda match: _REPLACED[match.group()], text)
    text = _COMPATIBILITY.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    text = unicodedata.normalize("NFC", text)
    text = _TRAILING_SPACE.sub("", text)
    return _BLANK_LINES.sub("\n\n", text).strip()


def normalize_line(text: str) -> str:
    """Normalized text on one line: every run of white space is one space."""
    return " ".join(normalize(text).split())


def _join_surrogates(text: str) -> str:
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
