"""Chinese word segmentation: jieba's dictionary, a tokenizer of our own making.

jieba's module-level tokenizer is left alone (others may use it), and so is its cache file: reading that, a
marshal file in the shared temporary folder, takes as long as reading the dictionary does.
"""

import logging
import warnings
from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import Any

# Of the 60 million words that jieba's frequencies were counted on; no sequence of other words is as likely.
_GLOSSARY_FREQUENCY = 5_000_000
_LONGEST_RUN = 1000  # characters at a time; real text has punctuation long before

_loading = Lock()


@cache
def _load_dictionary() -> tuple[dict[str, int], int, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42.1 has invalid escapes and asks for pkg_resources
        import jieba
    logger = logging.getLogger("jieba")
    logger.handlers.clear()
    logger.setLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    frequencies, total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    return frequencies, total, jieba.Tokenizer


class Segmenter:
    """Splits runs of Chinese characters into words, the given extra words always among them."""

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self._words = words
        self._tokenizer: Any = None

    def segment(self, run: str) -> Iterator[str]:
        """The words of a run of (Simplified) Chinese characters; a long word comes after its own parts."""
        tokenizer = self._tokenizer or self._load()
        for start in range(0, len(run), _LONGEST_RUN):
            yield from tokenizer.cut_for_search(run[start : start + _LONGEST_RUN], HMM=False)

    def _load(self) -> Any:
        with _loading:
            frequencies, total, tokenizer_class = _load_dictionary()
            if self._words:
                frequencies = frequencies.copy()
                for word in self._words:
                    frequencies[word] = max(frequencies.get(word, 0), _GLOSSARY_FREQUENCY)
                    for end in range(1, len(word)):
                        frequencies.setdefault(word[:end], 0)
            tokenizer = tokenizer_class()
            tokenizer.FREQ, tokenizer.total, tokenizer.initialized = frequencies, total, True
            self._tokenizer = tokenizer
            return tokenizer
