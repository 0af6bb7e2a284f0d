"""What a multilingual embedder says of language rather than of content, and how to take it away.

Vectors of one language stand closer to each other than to those of another that say the same. Most of that is
one shift for each language and one direction that all share: taken away, a question finds passages in another
language nearly as well as in its own. Within one language it is better left, so this is only for the other.

Sources: mean-centring per language, Libovický, Rosa and Fraser, "On the language neutrality of pre-trained
multilingual representations", Findings of EMNLP 2020; the common direction, Mu and Viswanath,
"All-but-the-top", ICLR 2018.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rag.knowledge_base import Contents, Snapshot, View

Vector = NDArray[np.float32]
Vectors = NDArray[np.float32]

_SAMPLED = 12_000  # passages that the means and the direction are taken of
_KEPT = 1_000  # corrected vectors of each language, for the scale of scores
_ENOUGH = 30  # passages of each language, below which their mean says more of content than of language
_PRIOR = 10.0  # as many cosines of the usual spread are mixed into a measured one
_PRIOR_SPREAD = 0.02  # of a question's cosines, for the default embedder, where there are too few to measure
_FEW = 4


@dataclass(frozen=True, slots=True)
class LanguageGeometry:
    """Chinese (True) and other passages (False), as the embedder places them.

    ``means`` and ``direction`` are None where there are too few passages of one of them to tell.
    """

    samples: Mapping[bool, Vectors]  # as they are, shape (n, dimension)
    means: Mapping[bool, Vector] | None
    direction: Vector | None
    corrected: Mapping[bool, Vectors]

    @classmethod
    def of(cls, vectors: Vectors, languages: Sequence[str]) -> Self:
        """From passages' vectors of length 1, shape (n, dimension), and their languages."""
        chinese = np.array([each == "zh" for each in languages], dtype=bool)
        parts = {True: vectors[chinese], False: vectors[~chinese]}
        samples = {language: _some(rows) for language, rows in parts.items()}
        if min(len(rows) for rows in parts.values()) < _ENOUGH:
            return cls(samples, None, None, {})
        means = {language: rows.mean(axis=0) for language, rows in parts.items()}
        spread = sum(np.cov((rows - means[language]).T) for language, rows in parts.items())
        direction = np.linalg.eigh(spread)[1][:, -1].astype(np.float32)
        made = cls(samples, means, direction, {})
        corrected = {language: made.correct(rows, chinese=language) for language, rows in samples.items()}
        return cls(samples, means, direction, corrected)

    def correct(self, vectors: Vectors, *, chinese: bool) -> Vectors:
        """Vectors of one language without what they share as such, of length 1: shape (n, dimension)."""
        assert self.means is not None and self.direction is not None
        moved = vectors - self.means[chinese]
        moved = moved - np.outer(moved @ self.direction, self.direction)
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        unit: Vectors = (moved / np.maximum(lengths, 1e-9)).astype(np.float32)
        return unit

    def correct_query(self, vector: Vector, *, chinese: bool) -> Vector:
        """The same of one vector; as it is, where there is nothing to correct it by."""
        return vector if self.means is None else self.correct(vector[None], chinese=chinese)[0]

    def scale(self, query: Vector, *, chinese: bool) -> tuple[float, float]:
        """Mean and spread of a query's cosines with the passages of a language."""
        cosines = {language: rows @ query for language, rows in self.samples.items() if len(rows)}
        spread = np.concatenate([*(each - each.mean() for each in cosines.values()), np.empty(0)])
        return _scale(cosines.get(chinese), spread)

    def corrected_scores(
        self, snapshot: Snapshot, vector: Vector, ids: Sequence[str], *, chinese: bool
    ) -> dict[str, float]:
        """Of passages in the other language, the corrected cosine with a question in this one.

        In standard deviations from its mean. Where there are too few passages to correct anything, of the
        cosine as it is.
        """
        other = not chinese
        if self.means is None or self.direction is None:
            mean, spread = self.scale(vector, chinese=other)
            cosines = snapshot.score_dense(vector, ids)
            return {each: (cosine - mean) / spread for each, cosine in cosines.items()}
        query = self.correct_query(vector, chinese=chinese)
        sampled = self.corrected[other] @ query
        mean, spread = _scale(sampled, sampled)
        shift = self.means[other]
        along_query = snapshot.score_dense(query, ids)
        along_shift = snapshot.score_dense(shift, ids)  # of the vector made one long
        along_direction = snapshot.score_dense(self.direction, ids)
        length = float(np.linalg.norm(shift))
        on_query, on_direction = float(shift @ query), float(shift @ self.direction)
        found = {}
        for each in along_query:
            # |v - m|² without its part along the direction, for v of length 1
            across = (along_direction[each] - on_direction) ** 2
            squared = 1 + length**2 - 2 * length * along_shift[each] - across
            cosine = (along_query[each] - on_query) / max(squared, 1e-9) ** 0.5
            found[each] = (cosine - mean) / spread
        return found


_KNOWN: WeakKeyDictionary[View, tuple[int, LanguageGeometry]] = WeakKeyDictionary()


def geometry_of(view: View, contents: Contents) -> LanguageGeometry:
    """The geometry of what a view has in a generation; computed once (some 0.1 s for 10,000 passages)."""
    known = _KNOWN.get(view)
    if known is None or known[0] != contents.generation:
        known = (contents.generation, LanguageGeometry.of(*contents.sample_vectors(_SAMPLED)))
        _KNOWN[view] = known
    return known[1]


def _some(rows: Vectors) -> Vectors:
    return rows[:: max(1, len(rows) // _KEPT)][:_KEPT]


def _scale(cosines: Vector | None, every: Vector) -> tuple[float, float]:
    """Mean and spread; few cosines say little of their spread, so that of ``every`` one counts for some."""
    usual = float(every.std()) if len(every) >= _FEW else _PRIOR_SPREAD
    if cosines is None:
        return 0.0, usual
    variance = (len(cosines) * float(cosines.var()) + _PRIOR * usual**2) / (len(cosines) + _PRIOR)
    return float(cosines.mean()), max(variance**0.5, 1e-6)
