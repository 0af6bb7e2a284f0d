"""From text to the terms that the lexical index holds, in Chinese and English alike.

Measured on published sets (mean reciprocal rank of BM25, questions against paragraphs): jieba's dictionary
without its hidden Markov model finds more than with it, or than single or paired characters; Porter2 stems
find more than plain words; leaving function and question words out of a query finds more than keeping them.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version

from rag.text.language import HAN
from rag.text.segmentation import Segmenter
from rag.text.words import STOP_WORDS, fold, word_terms

ANALYZER_VERSION = 1  # raise it when the same text gives other terms; every lexical index is then made anew

_HAN = rf"\u3007{HAN}"
_KANA = r"\u3041-\u30ff\u31f0-\u31ff"
_HANGUL = r"\uac00-\ud7af"
_LETTER = rf"[^\W_{_HAN}{_KANA}{_HANGUL}]"
_TOKEN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?P<syllables>[{_KANA}]+|[{_HANGUL}]+)"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d))"
    rf"|(?P<word>{_LETTER}+(?:[-_/.:@&+#'’]{_LETTER}+)*(?:\+\+|#)?)"
)
_HAS_HAN = re.compile(rf"[{_HAN}]")
_SEPARATOR = re.compile(r"[,，、\t]")  # of a glossary's words


@dataclass(frozen=True, slots=True)
class Glossary:
    """A company's own words, from a ``terms.txt`` beside its documents.

    In groups that mean the same; a group of one is a word that must be kept whole. The file has one group a
    line, words separated by commas (Chinese ones too); what follows ``#`` is a comment:
    ``年假, 带薪年休假, annual leave``.
    """

    groups: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Glossary":
        """Read the form described above. Anything is valid; empty words and repeated groups are dropped."""
        groups: dict[tuple[str, ...], None] = {}
        for line in text.lstrip("\ufeff").splitlines():
            words = (" ".join(word.split()) for word in _SEPARATOR.split(line.partition("#")[0]))
            group = tuple(dict.fromkeys(word for word in words if word))
            if group:
                groups[group] = None
        return cls(tuple(groups))

    @classmethod
    def merge(cls, glossaries: Iterable["Glossary"]) -> "Glossary":
        """All groups of several glossaries, in order."""
        return cls(tuple(dict.fromkeys(group for each in glossaries for group in each.groups)))

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of every group, once."""
        return tuple(dict.fromkeys(word for group in self.groups for word in group))

    @property
    def digest(self) -> str:
        """Equal for glossaries that segment and expand alike."""
        return hashlib.sha256("\n".join("\t".join(group) for group in self.groups).encode()).hexdigest()


class Analyzer:
    """Turns text into terms, with the words of a glossary kept whole.

    Cheap to make: jieba's dictionary is read when the first Chinese text comes, once per process.
    """

    def __init__(self, glossary: Glossary | None = None, *, synonyms: Glossary | None = None) -> None:
        """
        Args:
            glossary: words that are kept whole, and groups of synonyms.
            synonyms: the groups that queries are expanded by, where they aren't the glossary's.
        """
        self.glossary = glossary if glossary is not None else Glossary()
        self._groups = (synonyms if synonyms is not None else self.glossary).groups
        folded = {word: fold(word) for word in self.glossary.words}
        whole = [word for word in folded.values() if re.fullmatch(rf"[{_HAN}]+", word)]
        self._segmenter = Segmenter(tuple(whole))
        compounds = sorted((word for word in folded.values() if _is_compound(word)), key=len, reverse=True)
        self._compounds = re.compile("|".join(_bounded(word) for word in compounds)) if compounds else None
        self._folded = {word: fold(word) for group in self._groups for word in group}

    @property
    def digest(self) -> str:
        """Equal for analyzers that give the same terms for the same text."""
        parts = [str(ANALYZER_VERSION), *_data_versions(), self.glossary.digest]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def terms(self, text: str) -> list[str]:
        """Every term of the text in order, stop words too: what the index holds.

        Width, case and Traditional characters are folded; Chinese is segmented finely (a long word gives
        its parts as well); English is stemmed; a part number such as ``AB-1200/X`` stays whole and gives
        its parts.
        """
        folded = fold(text)
        terms = list(self._simple_terms(folded))
        if self._compounds is not None:
            terms += (re.sub(r"\W", "", match.group()) for match in self._compounds.finditer(folded))
        return terms

    def content_terms(self, text: str) -> list[str]:
        """The terms that say what the text is about: without stop words, unless there is nothing else."""
        terms = self.terms(text)
        return [term for term in terms if term not in STOP_WORDS] or terms

    def query_terms(self, text: str) -> list[str]:
        """The different terms to look for: those of ``content_terms``, then those of glossary synonyms."""
        return list(dict.fromkeys([*self.content_terms(text), *self._synonym_terms(text)]))

    def _simple_terms(self, text: str) -> Iterator[str]:
        for match in _TOKEN.finditer(text):
            token = match.group()
            if match.lastgroup == "word":
                yield from word_terms(token)
            elif match.lastgroup == "han":
                yield from self._segmenter.segment(token)
            elif match.lastgroup == "number":
                yield token.replace(",", "")
            else:
                yield from (token[at : at + 2] for at in range(max(1, len(token) - 1)))

    def _synonym_terms(self, text: str) -> Iterator[str]:
        if not any(len(group) > 1 for group in self._groups):
            return
        folded = fold(text)
        spaced = f" {' '.join(self._simple_terms(folded))} "
        for group in self._groups:
            present = [word for word in group if self._occurs(self._folded[word], folded, spaced)]
            if present:
                yield from (
                    term for word in group if word not in present for term in self.content_terms(word)
                )

    def _occurs(self, word: str, folded: str, spaced: str) -> bool:
        """Whether the text has the word: as it stands if it is Chinese, else by its stems in a row."""
        if _HAS_HAN.search(word):
            return word in folded
        return f" {' '.join(self._simple_terms(word))} " in spaced


@cache
def _data_versions() -> tuple[str, ...]:
    """Versions of what decides about terms: word list, Traditional to Simplified, stems, folding."""
    packages = ("jieba", "OpenCC", "PyStemmer")
    return (unicodedata.unidata_version, *(f"{name} {version(name)}" for name in packages))


@lru_cache(maxsize=16)
def analyzer_for(glossary: Glossary) -> Analyzer:
    """The analyzer of a glossary; the last few are kept."""
    return Analyzer(glossary)


def _is_compound(word: str) -> bool:
    """Whether segmentation would take the (folded) word apart: several tokens, or scripts mixed."""
    return len(_TOKEN.findall(word)) > 1


def _bounded(word: str) -> str:
    """A pattern of the word that doesn't match inside a longer Latin word or number."""
    before = r"(?<![a-z0-9])" if word[0].isascii() else ""
    after = r"(?![a-z0-9])" if word[-1].isascii() else ""
    return f"{before}{re.escape(word)}{after}"
