"""Made-up passages and vectors for measuring cost. They say nothing about quality.

Terms follow a Zipf-Mandelbrot law (Mandelbrot, "An informational theory of the statistical structure of
language", 1953), as words of real text do: a few terms occur in nearly every passage, most in hardly any,
and an index that skips what can't matter is faster on such text than on uniform noise.
"""

import string
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_FIRST_HAN = 0x4E00
_COMMON_HAN = 6000


def make_vocabulary(size: int, script: str, rng: np.random.Generator) -> list[str]:
    """``size`` different made-up words, "zh" (one to three characters) or "en" (two to eleven letters)."""
    words: dict[str, None] = {}
    while len(words) < size:
        if script == "zh":
            length = int(rng.choice([1, 2, 3], p=[0.1, 0.7, 0.2]))
            word = "".join(chr(_FIRST_HAN + code) for code in rng.integers(_COMMON_HAN, size=length))
        else:
            length = int(rng.integers(2, 12))
            word = "".join(string.ascii_lowercase[code] for code in rng.integers(26, size=length))
        words[word] = None
    return list(words)


def make_passages(count: int, seed: int = 0) -> Iterator[list[str]]:
    """``count`` passages as term lists, half English-like (about 110 terms) and half Chinese-like (130)."""
    rng = np.random.default_rng(seed)
    scripts = []
    for script, mean in (("en", 110), ("zh", 130)):
        words = np.array(make_vocabulary(60_000, script, rng), dtype=object)
        weights = 1.0 / (np.arange(len(words)) + 2.7)
        scripts.append((words, np.cumsum(weights / weights.sum()), mean))
    for number in range(count):
        words, cumulative, mean = scripts[number % 2]
        length = max(10, int(rng.lognormal(np.log(mean), 0.4)))
        places = np.searchsorted(cumulative, rng.random(length))
        yield list(words[np.minimum(places, len(words) - 1)])


def make_queries(passages: list[list[str]], count: int, seed: int = 1) -> list[list[str]]:
    """Queries of 10 to 20 terms, each drawn from one passage, frequent terms as frequent as there."""
    rng = np.random.default_rng(seed)
    queries = []
    for _ in range(count):
        passage = passages[int(rng.integers(len(passages)))]
        wanted = int(rng.integers(10, 21))
        chosen = rng.choice(len(passage), size=min(wanted, len(passage)), replace=False)
        queries.append(list(dict.fromkeys(passage[place] for place in chosen)))
    return queries


def make_vectors(count: int, dimension: int = 384, seed: int = 0) -> NDArray[np.float32]:
    """``count`` unit vectors around shared centres, float32, shape (count, dimension)."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((256, dimension), dtype=np.float32)
    vectors = centres[rng.integers(256, size=count)]
    vectors += rng.standard_normal((count, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
