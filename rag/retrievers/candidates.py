"""The candidates for a question's evidence, each with all of its scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.filter import Filter
from rag.knowledge_base import Snapshot
from rag.passage import metadata_of
from rag.retrievers.language_geometry import LanguageGeometry, Vector
from rag.settings import RetrievalSettings
from rag.text.analysis import Analyzer
from rag.text.language import CHINESE, OTHERS, language_of
from rag.text.translation import Dictionary, TermGroup, open_dictionary, translate_terms

Scores = NDArray[np.float64]  # (candidates,)
SEARCHES = ("dense", "lexical", "corrected", "translated")  # what each has scores of
_opening = Lock()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages in either language with what every search says of them, whichever found them.

    ``foreign``: in another language than the question's. ``dense`` is the cosine's distance from its mean
    over passages in the question's language, in standard deviations; ``lexical`` BM25's score; ``corrected``
    as ``dense``, but of vectors without what they say of language and among passages in other languages;
    ``translated`` BM25's score for the question's words in translation. The last two are 0 for passages in
    the question's language. ``terms``: how many words of the question count.
    """

    passages: tuple[Document, ...]
    foreign: NDArray[np.bool_]
    dense: Scores
    lexical: Scores
    corrected: Scores
    translated: Scores
    terms: int


def find_candidates(
    snapshot: Snapshot,
    geometry: LanguageGeometry,
    query: str,
    vector: Vector,
    k: int,
    filter: Filter | None,
    settings: RetrievalSettings,
) -> Candidates:
    """Everything that any of the searches finds, with the scores of all of them.

    Args:
        snapshot: what is searched.
        geometry: of the snapshot's passages.
        query: what is searched for.
        vector: the query's, of length 1.
        k: how many passages each search gives.
        filter: what must hold of them.
        settings: whether the other language is searched, too, by vectors without what they say of language,
            and by the question's words in translation.
    """
    chinese = language_of(query) == "zh"
    crossing = settings.cross_language and len(geometry.samples[not chinese]) > 0
    translations = question_groups(query, snapshot.analyzer) if crossing and settings.translation else []
    hits = [*snapshot.search_dense(vector, k, filter), *snapshot.search_lexical(query, k, filter)]
    if crossing and (wanted := in_other_language(query, filter)) is not None:
        hits += snapshot.search_dense(geometry.correct_query(vector, chinese=chinese), k, wanted)
        hits += snapshot.search_groups(translations, k, wanted)
    passages = snapshot.passages(list(dict.fromkeys(passage_id for passage_id, _ in hits)))
    ids = [str(each.id) for each in passages]
    foreign = np.array([(metadata_of(each)["lang"] == "zh") != chinese for each in passages], dtype=bool)
    home = chinese if len(geometry.samples[chinese]) else not chinese
    mean, spread = geometry.scale(vector, chinese=home)
    corrected, translated = np.zeros(len(ids)), np.zeros(len(ids))
    abroad = [each for each, is_foreign in zip(ids, foreign, strict=True) if is_foreign]
    if crossing and abroad:
        corrected = _values(geometry.corrected_scores(snapshot, vector, abroad, chinese=chinese), ids)
        translated = _values(snapshot.score_groups(translations, abroad), ids)
    return Candidates(
        passages=tuple(passages),
        foreign=foreign if crossing else np.zeros(len(ids), dtype=bool),
        dense=(_values(snapshot.score_dense(vector, ids), ids) - mean) / spread,
        lexical=_values(snapshot.score_lexical(query, ids), ids),
        corrected=corrected,
        translated=translated,
        terms=max(1, len(snapshot.analyzer.content_terms(query))),
    )


def _values(scores: Mapping[str, float], ids: Sequence[str]) -> Scores:
    return np.array([scores.get(each, 0.0) for each in ids], dtype=np.float64)


def question_groups(question: str, analyzer: Analyzer) -> list[TermGroup]:
    """The question's words with their translations; none where there is no dictionary (a warning said so).

    The first call of all makes the dictionary, which takes some seconds.
    """
    with _opening:
        dictionary = _dictionary()
    return translate_terms(question, analyzer, dictionary) if dictionary is not None else []


@cache
def _dictionary() -> Dictionary | None:
    return open_dictionary(Analyzer())


def in_other_language(question: str, filter: Filter | None = None) -> Filter | None:
    """A filter that passes what this one does in the other language; None if that is nothing.

    The other language is any but Chinese for a question in Chinese, and Chinese for others.
    """
    filter = filter or Filter()
    others = OTHERS if language_of(question) == "zh" else CHINESE
    allowed = tuple(each for each in others if not filter.lang or each in filter.lang)
    return replace(filter, lang=allowed) if allowed else None
