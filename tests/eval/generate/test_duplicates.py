from typing import Any

import pytest

from eval.generate.duplicates import Duplicates


def _record(text: str, span: tuple[int, int] = (0, 5), source: str = "a.md") -> dict[str, Any]:
    return {"text": text, "sources": [source], "span": list(span)}


@pytest.mark.parametrize(
    ("text", "span", "reason"),
    [
        ("What does  error E04 mean on the red pump?", (9, 12), "word for word"),
        ("What does error E04 mean for the red pump?", (9, 12), "nearly the same words"),
        ("What does error E06 mean on the red pump?", (9, 12), None),
        ("Where is the red pump made?", (0, 5), "same answer"),
        ("Where is the red pump made?", (9, 12), None),
    ],
)
def test_what_was_asked_is_not_asked_again(text: str, span: tuple[int, int], reason: str | None) -> None:
    duplicates = Duplicates()
    duplicates.add(_record("What does error E04 mean on the red pump?"))
    found = duplicates.reason(_record(text, span))
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_long_questions_are_compared_by_their_sketches() -> None:
    text = "Which of the departments in the new building beside the river has to be told of the move"
    duplicates = Duplicates()
    duplicates.add(_record(f"{text} first?"))
    assert "nearly" in str(duplicates.reason(_record(f"{text}?", (7, 8))))
