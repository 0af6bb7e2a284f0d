"""Where a copied answer stands in a text, to the code point, though it was copied loosely."""

import unicodedata
from collections.abc import Iterator

from rag.text.sentences import Span

_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")


def fold(text: str) -> str:
    """The text as copies are compared: compatibility forms, case and white space don't count.

    Character by character, so that ``fold(a + b) == fold(a) + fold(b)`` and a place can be mapped back.
    """
    return "".join(map(_fold, text))


def find_span(text: str, copied: str) -> Span | None:
    """The first of `find_spans`, or None."""
    return next(find_spans(text, copied), None)


def find_spans(text: str, copied: str) -> Iterator[Span]:
    """The places in ``text`` that read ``copied``, as whole words and numbers, in order, not overlapping.

    ``fold(text[start:end]) == fold(copied)``; a span begins and ends with a character that counts.
    """
    wanted = fold(copied)
    if not wanted:
        return
    folded, places = _with_places(text)
    start = folded.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        # A character may fold to several ("½" to "1⁄2"), of which a span holds all or none.
        whole = (start == 0 or places[start - 1] != places[start]) and (
            end == len(folded) or places[end] != places[end - 1]
        )
        span = Span(places[start], places[end - 1] + 1)
        found = whole and _stands_alone(text, span, wanted)
        if found:
            yield span
        start = folded.find(wanted, end if found else start + 1)


def _fold(character: str) -> str:
    if character.isascii():
        return "" if character.isspace() else character.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(decomposed.split())


def _with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place of the one that it comes from."""
    pieces = [_fold(character) for character in text]
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), places


def _stands_alone(text: str, span: Span, wanted: str) -> bool:
    """Whether the span isn't a part of a longer word or number: "15" isn't in "150", "1.15" or "1,500,15"."""
    before = unicodedata.normalize("NFKC", text[max(0, span.start - 2) : span.start]).lower()
    after = unicodedata.normalize("NFKC", text[span.end : span.end + 2]).lower()
    return not (_goes_on(wanted[0], before[::-1]) or _goes_on(wanted[-1], after))


def _goes_on(edge: str, beside: str) -> bool:
    """Whether the word or number that ends with ``edge`` goes on in what stands ``beside``, outwards."""
    if not beside:
        return False
    if edge.isdigit():
        return beside[0].isdigit() or (len(beside) > 1 and beside[0] in ".," and beside[1].isdigit())
    return edge in _LATIN and beside[0] in _LATIN
