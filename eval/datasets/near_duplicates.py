"""Texts that are nearly the same, across sets."""

from collections import defaultdict
from collections.abc import Mapping

from rag.text.similarity import Sketch, band_keys, similarity, sketch_of, text_key

THRESHOLD = 0.7  # of the character shingles of both, those that they share


def near_duplicates(texts: Mapping[str, str], originals: Mapping[str, str]) -> set[str]:
    """The ids of the texts that are, or nearly are, one of the originals.

    Short texts (under some 40 characters) count only when they are the same but for white space. MinHash
    estimates the similarity (standard error 0.04); of pairs just above the threshold some are missed, of
    pairs 90 % alike next to none.
    """
    keys = set()
    bands: defaultdict[int, list[Sketch]] = defaultdict(list)
    for text in originals.values():
        keys.add(text_key(text))
        if (sketch := sketch_of(text)) is not None:
            for key in band_keys(sketch):
                bands[key].append(sketch)
    return {each for each, text in texts.items() if text_key(text) in keys or _is_like(text, bands)}


def _is_like(text: str, bands: Mapping[int, list[Sketch]]) -> bool:
    sketch = sketch_of(text)
    if sketch is None:
        return False
    return any(
        similarity(sketch, other) >= THRESHOLD for key in band_keys(sketch) for other in bands.get(key, ())
    )
