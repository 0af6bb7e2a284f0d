"""What can be measured of an answer, before anyone says whether it is right, that bears on whether it is.

None of it needs another run of a model. What a generator reveals while it writes, how likely each token was,
tells most; then how well the passages that are cited cover the question, and how far ahead the best of them
is. See ``confidence`` for what is made of it.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from rag.answering.agreement import TermAnalyzer
from rag.answering.citing import Resolved
from rag.answering.evidence import Evidence
from rag.passage import metadata_of
from rag.text.language import language_of
from rag.trace import Trace

Signals = Mapping[str, float]

_LEAST_LIKELIHOOD = -8.0  # natural logarithm; below it one token is as unlikely as another
_UNKNOWN = 0.35  # about the usual coverage: across languages shared words say nothing
_LONG = 200.0  # characters: the length of answers counts up to here
_FIFTH = 4  # the position of the fifth candidate


def signals_of(
    question: str,
    evidence: Sequence[Evidence],
    scores: Sequence[float],
    resolved: Resolved,
    likelihoods: Sequence[float],
    declining: float | None = None,
    *,
    analyzer: TermAnalyzer,
) -> Signals:
    """Measure an answer.

    Args:
        question: what was asked.
        evidence: what was read.
        scores: of the candidates for the evidence, best first.
        resolved: the answer.
        likelihoods: the natural logarithm of each of its tokens' probability; none where it isn't known,
            and then the signals made of them are missing.
        declining: how likely the generator was to decline, 0 to 1; None where it wasn't asked.
        analyzer: cuts text into index terms.
    """
    asked = set(analyzer.content_terms(question))
    texts = [_terms(each, analyzer) for each in evidence]
    weights = _weights(asked, texts)
    cited = sorted({number for each in resolved.sentences for number in each.citations})
    of_cited = [texts[number - 1] for number in cited if number <= len(texts)]
    crossing = bool(cited) and _crosses(question, evidence[cited[0] - 1])
    quotes = [set(analyzer.content_terms(each.quote)) for each in resolved.citations]
    quoted = max((_share(weights, each) for each in quotes), default=0.0)
    signals = {
        "support": resolved.support,
        "cited": float(bool(cited)),
        "cited rank": 1 / cited[0] if cited else 0.0,
        "passage coverage": max((_share(weights, each) for each in of_cited), default=0.0),
        "evidence coverage": _share(weights, set().union(*texts)),
        "quote coverage": _UNKNOWN if crossing else quoted,
        "lead": _lead(scores, 1),
        "lead over fifth": _lead(scores, _FIFTH),
        "length": min(len(resolved.text), _LONG) / _LONG,
        "crossing": float(crossing),
    }
    if declining is not None:
        signals["declining"] = declining
    return {**signals, **likelihood_signals(likelihoods)}


def likelihood_signals(likelihoods: Sequence[float], of: str = "") -> Signals:
    """The mean and the least of the natural logarithms of tokens' probabilities; none where none is known.

    ``of``: what their names begin with.
    """
    if not likelihoods:
        return {}
    tokens = [max(_LEAST_LIKELIHOOD, each) for each in likelihoods]
    return {f"{of}mean likelihood": sum(tokens) / len(tokens), f"{of}least likelihood": min(tokens)}


def candidate_scores(trace: Trace) -> list[float]:
    """The scores of the candidates for the evidence, best first: of all, where the search told them."""
    stage = next((each for each in trace.stages if each.name == "candidates"), None)
    stage = stage or next(iter(trace.stages[-1:]), None)
    scores = [each.metadata.get("score") for each in stage.passages] if stage is not None else []
    return [float(each) for each in scores if each is not None]


def _terms(evidence: Evidence, analyzer: TermAnalyzer) -> set[str]:
    context = metadata_of(evidence.passage)["context"]
    return set(analyzer.content_terms(f"{context}\n{evidence.passage.page_content}"))


def _weights(asked: set[str], texts: Sequence[set[str]]) -> dict[str, float]:
    """How much each of the question's words says: what all passages have says little."""
    frequency = Counter(term for each in texts for term in each & asked)
    return {term: math.log(1 + (len(texts) + 1) / (0.5 + frequency[term])) for term in asked}


def _share(weights: Mapping[str, float], terms: set[str]) -> float:
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0


def _lead(scores: Sequence[float], place: int) -> float:
    return scores[0] - scores[min(place, len(scores) - 1)] if scores else 0.0


def _crosses(question: str, evidence: Evidence) -> bool:
    return (language_of(question) == "zh") != (metadata_of(evidence.passage)["lang"] == "zh")
