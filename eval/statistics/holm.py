"""Correction of p-values for many comparisons."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def holm(p_values: Mapping[Key, float | None]) -> dict[Key, float | None]:
    """Holm's adjusted p-values: those at most α hold together at the family-wise error rate α.

    None (nothing was tested) stays None and isn't counted as a comparison.

    Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    tested = [(value, key) for key, value in p_values.items() if value is not None]
    adjusted: dict[Key, float | None] = dict.fromkeys(p_values)
    largest = 0.0
    for place, (value, key) in enumerate(sorted(tested, key=lambda each: each[0])):
        largest = max(largest, min(1.0, (len(tested) - place) * value))
        adjusted[key] = largest
    return adjusted
