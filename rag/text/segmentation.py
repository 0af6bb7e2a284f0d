"""Chinese word segmentation by jieba's dictionary.

The segmentation is jieba's own without its hidden Markov model (``cut_for_search(text, HMM=False)``, and a
test holds the two equal): of all ways to split a run of characters into words, the one whose words'
frequencies have the greatest product; then the shorter words inside each long one. Only jieba's word list
is read, not its code, which is half as fast, logs to the terminal, and keeps a cache in the shared
temporary folder.
"""

from functools import cache, cached_property
from importlib.util import find_spec
from math import log
from pathlib import Path
from threading import Lock
from typing import NamedTuple

# Of the 60 million words that the frequencies were counted on; no sequence of other words is as likely.
_GLOSSARY_FREQUENCY = 5_000_000
_LONGEST_RUN = 1000  # characters at a time; real text has punctuation long before
_loading = Lock()
_PREFIX = -1.0  # stands for the beginning of a word that isn't one itself


class _Dictionary(NamedTuple):
    words: dict[str, float]  # logarithms of frequencies, and _PREFIX for every beginning of a longer word
    log_total: float


class Segmenter:
    """Splits runs of Chinese characters into words, the given extra words always among them."""

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self._extra = words

    def segment(self, run: str) -> list[str]:
        """The words of a run of (Simplified) Chinese characters; a long word comes after its own parts."""
        found: list[str] = []
        for start in range(0, len(run), _LONGEST_RUN):
            _segment(run[start : start + _LONGEST_RUN], self._dictionary, found)
        return found

    @cached_property
    def _dictionary(self) -> _Dictionary:
        with _loading:  # or threads that ask their first question at once would each read it
            dictionary = _load_dictionary()
        if not self._extra:
            return dictionary
        words = dictionary.words.copy()
        least = log(_GLOSSARY_FREQUENCY)
        words.update((word, max(words.get(word, least), least)) for word in self._extra)
        _add_prefixes(words, self._extra)
        return _Dictionary(words, dictionary.log_total)


def _segment(run: str, dictionary: _Dictionary, found: list[str]) -> None:
    """Append the words of the run's likeliest split, found from its end by dynamic programming."""
    look_up, log_total = dictionary.words.get, dictionary.log_total
    length = len(run)
    best = [0.0] * (length + 1)  # log probability of the likeliest split of what follows
    ends = [0] * length  # where the first word of that split ends
    for start in range(length - 1, -1, -1):
        frequency = look_up(run[start], _PREFIX)
        top = max(frequency, 0.0) - log_total + best[start + 1]
        top_end = start + 1
        for end in range(start + 2, length + 1):
            longer = look_up(run[start:end])
            if longer is None:
                break
            if longer >= 0.0 and (score := longer - log_total + best[end]) >= top:
                top, top_end = score, end
        best[start], ends[start] = top, top_end
    start = 0
    while start < length:
        end = ends[start]
        for size in range(2, min(end - start, 4)):
            parts = (run[at : at + size] for at in range(start, end - size + 1))
            found.extend(part for part in parts if look_up(part, _PREFIX) >= 0.0)
        found.append(run[start:end])
        start = end


@cache
def _load_dictionary() -> _Dictionary:
    """jieba's word list: lines of word, frequency, part of speech."""
    spec = find_spec("jieba")
    assert spec is not None and spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "dict.txt"
    fields = file.read_text(encoding="utf-8").split()
    frequencies = [int(field) for field in fields[1::3]]
    logarithms = {frequency: log(frequency) for frequency in set(frequencies)}
    listed = fields[::3]
    words = dict(zip(listed, map(logarithms.__getitem__, frequencies), strict=True))
    _add_prefixes(words, listed)
    return _Dictionary(words, log(sum(frequencies)))


def _add_prefixes(words: dict[str, float], of: list[str] | tuple[str, ...]) -> None:
    for word in of:
        for end in range(2, len(word)):
            words.setdefault(word[:end], _PREFIX)
