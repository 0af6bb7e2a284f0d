"""Fit halves as training sets: nothing of a report half, and answers where they stand."""

import json
from pathlib import Path

import pytest

from training.reader.fit_halves import fit_sources


@pytest.fixture
def sets(tmp_path: Path) -> list[Path]:
    """A set of sixteen documents with a question each, and the same questions in Chinese."""
    folder = tmp_path / "towns"
    folder.mkdir()
    names = ["Avon", "Bath", "Cork", "Deal", "Eton", "Ford", "Glen", "Hove"]
    names += ["Iver", "Jura", "Kent", "Leek", "Mold", "Nash", "Oban", "Poole"]
    corpus, queries, qrels = [], [], ["query-id\tcorpus-id\tscore"]
    for number, name in enumerate(names):
        text = f"{name} lies {number + 20} miles from the sea. Its mayor is {name} {name[::-1]}son."
        corpus.append({"id": name, "title": name, "text": text})
        queries.append(
            {
                "id": f"q{number}",
                "text": f"Who is the mayor of {name}?",
                "answers": [f"{name} {name[::-1]}son"],
            }
        )
        qrels.append(f"q{number}\t{name}\t1")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "qrels.tsv").write_text("\n".join(qrels))
    return [folder]


def test_only_documents_of_the_fit_half_are_read(sets: list[Path]) -> None:
    (source,) = fit_sources(sets)
    assert set(source.passages) <= {
        f"towns/{name}" for name in ("Avon", "Bath", "Cork", "Deal", "Eton", "Ford", "Glen", "Hove")
    }
    assert 0 < len(source.questions) <= 8
    for asked in source.questions:
        (passage,) = source.passages[asked.document]
        ((start, end),) = asked.spans
        assert passage.text[start - passage.start : end - passage.start].endswith("son")


def test_written_questions_are_a_set_beside_it_with_their_near_misses(
    sets: list[Path], tmp_path: Path
) -> None:
    (own,) = fit_sources(sets)
    document = own.questions[0].document
    line = {"id": document, "answered": [["How far is the sea?", "miles"]], "unanswered": ["How old is it?"]}
    (tmp_path / "written.jsonl").write_text(json.dumps(line))
    _, written = fit_sources(sets, tmp_path / "written.jsonl")
    answered, unanswered = sorted(written.questions, key=lambda each: not each.relevant)
    assert answered.kind == "span" and answered.relevant == {document}
    assert unanswered.near == (document,) and not unanswered.relevant
