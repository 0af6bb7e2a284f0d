"""Whether one question is the other with something replaced: the same frame, and other words in it.

Two questions put in quite different words are more often the same than two that differ in one place: whoever
asks about 北京 in the words of an entry about 上海 asks something else. This rule is for matches by
probability (``FaqSettings.paraphrases``); it knows nothing of what the words mean, but for the glossary.
"""

from difflib import SequenceMatcher

from rag.text.analysis import Analyzer

_FRAME = 0.3  # of the words of both in common, from which they have one frame


def is_substituted(first: str, second: str, analyzer: Analyzer) -> bool:
    """Whether the two share a frame and each has, in one place of it, a word that the other hasn't."""
    mine, theirs = analyzer.content_terms(first), analyzer.content_terms(second)
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    if matcher.ratio() < _FRAME:
        return False
    known_to_first = set(mine) | set(analyzer.query_terms(first))
    known_to_second = set(theirs) | set(analyzer.query_terms(second))
    return any(
        kind == "replace" and not set(mine[a:b]) <= known_to_second and not set(theirs[c:d]) <= known_to_first
        for kind, a, b, c, d in matcher.get_opcodes()
    )
