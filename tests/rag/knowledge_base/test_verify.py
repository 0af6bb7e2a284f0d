"""Planted damage of each kind is found, named, and left as it is."""

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag.errors import KnowledgeBaseBusy
from rag.knowledge_base import KnowledgeBase, Writer
from rag.knowledge_base.indexes.faiss_segments import (
    DENSE_FORM,
    DenseManifest,
    Segment,
    load_segment,
    write_segment,
)
from rag.knowledge_base.indexes.manifest import read_manifest, write_manifest
from rag.knowledge_base.indexes.tantivy_index import (
    LEXICAL_FORM,
    LexicalManifest,
    describe_files,
    open_index,
    write_index,
)

Put = Callable[[Writer, str, str], None]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.suffix not in (".lock",) and not file.name.endswith(("-shm", "-wal"))
    }


def problems(knowledge_base: KnowledgeBase) -> tuple[str, ...]:
    """The problems verify finds, having made sure that it changes nothing."""
    before = digests(knowledge_base.path)
    report = knowledge_base.verify()
    assert digests(knowledge_base.path) == before
    assert report.ok == (not report.problems)
    return report.problems


def execute(knowledge_base: KnowledgeBase, *statements: str) -> None:
    knowledge_base.close()
    connection = sqlite3.connect(knowledge_base.path / "catalogue.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_sound_knowledge_base_has_no_problems(filled: KnowledgeBase) -> None:
    report = filled.verify()
    assert report.ok
    assert not report.behind
    assert (report.documents, report.passages, report.vectors) == (3, 5, 5)
    assert (report.dense_rows, report.lexical_rows, report.generation) == (5, 5, 1)


def test_unpublished_work_is_behind_and_no_problem(filled: KnowledgeBase, put: Put) -> None:
    with filled.writer() as writer:
        put(writer, "late.md", "late")
    report = filled.verify()
    assert report.ok
    assert report.behind


def test_knowledge_base_that_is_being_written_to_is_not_judged(filled: KnowledgeBase) -> None:
    with (
        filled.writer(),
        KnowledgeBase.open(filled.path) as other,
        pytest.raises(KnowledgeBaseBusy, match="is writing"),
    ):
        other.verify()


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE passages SET text = 'x' WHERE key = 3", "(manual/ab-1200.md, 0–30) isn't that slice"),
        ("UPDATE passages SET start = 1 WHERE key = 3", "(manual/ab-1200.md, 1–30) isn't that slice"),
        ("UPDATE texts SET text = 'y' || substr(text, 2) WHERE document = 1", "(leave.md, 0–10) isn't"),
        (
            "UPDATE texts SET text = text || '!' WHERE document = 1",
            "leave.md has 22 characters instead of 21",
        ),
        ("DELETE FROM texts WHERE document = 1", "leave.md has no stored text"),
        ("UPDATE passages SET ordinal = 7 WHERE key = 2", "is number 7 instead of 1"),
        (
            "UPDATE passages SET context = 'z' WHERE key = 5",
            "(notice.md, 0–31) points to the vector of another",
        ),
        ("DELETE FROM passages WHERE key = 4", "manual/ab-1200.md has 1 passages instead of 2"),
        ("DELETE FROM passages WHERE key = 4", "index holds a passage that was removed (key 4)"),
        ("UPDATE documents SET root = 77 WHERE key = 1", "table documents, row 1 points nowhere"),
        (
            "DELETE FROM vectors WHERE digest = (SELECT digest FROM passages WHERE key = 5)",
            "(notice.md, 0–31) is missing",
        ),
        (
            "UPDATE vectors SET vector = zeroblob(32) WHERE rowid = 1",
            "(leave.md, 0–10) has the length 0.000",
        ),
        ("UPDATE vectors SET vector = zeroblob(30) WHERE rowid = 1", "has 30 bytes instead of 32"),
        (
            "UPDATE vectors SET vector = CAST(X'00FE' || substr(vector, 3) AS BLOB) WHERE rowid = 1",
            "(leave.md, 0–10) has values that aren't finite",
        ),
        (
            "UPDATE vectors SET vector = CAST(X'003C' || zeroblob(30) AS BLOB) WHERE rowid = 1",
            "the dense index has another vector for passage",
        ),
    ],
)
def test_damaged_catalogue_row_is_named(filled: KnowledgeBase, statement: str, complaint: str) -> None:
    execute(filled, "PRAGMA foreign_keys = OFF", statement)
    with KnowledgeBase.open(filled.path) as knowledge_base:
        assert any(complaint in line for line in problems(knowledge_base)), problems(knowledge_base)


@pytest.mark.parametrize(
    "name", ["dense/manifest.json", "dense/*.faiss", "dense/*.npy", "lexical/manifest.json"]
)
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damaged_index_file_is_named(filled: KnowledgeBase, name: str, damage: str) -> None:
    [file] = filled.path.glob(name)
    spoil(file, damage)
    [line] = [each for each in problems(filled) if str(file) in each]
    assert line.startswith(("dense index: ", "lexical index: "))


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
@pytest.mark.parametrize("suffix", [".idx", ".term", ".fast", ".fieldnorm"])
def test_damaged_file_of_tantivy_is_named(filled: KnowledgeBase, suffix: str, damage: str) -> None:
    [file] = filled.path.glob(f"lexical/*/*{suffix}")
    spoil(file, damage)
    assert [each for each in problems(filled) if str(file) in each]


def spoil(file: Path, damage: str) -> None:
    content = file.read_bytes()
    if damage == "flip":
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        file.unlink()


def test_damaged_database_page_is_reported(filled: KnowledgeBase) -> None:
    filled.close()
    file = filled.path / "catalogue.sqlite"
    content = bytearray(file.read_bytes())
    at = content.find(b"The office is closed")
    page = at // 4096 * 4096
    content[page : page + 64] = b"\xff" * 64
    file.write_bytes(content)
    with KnowledgeBase.open(filled.path) as knowledge_base:
        assert any("catalogue" in line for line in problems(knowledge_base))


def test_passage_missing_from_the_dense_index_is_named(filled: KnowledgeBase) -> None:
    folder = filled.path / "dense"
    manifest = read_manifest(folder, DenseManifest, DENSE_FORM)
    segment = load_segment(folder, manifest.segments[0])
    smaller = Segment.build(segment.keys[1:], segment.vectors[1:])
    entry = write_segment(folder, smaller, manifest.segments[0].embedder)
    write_manifest(folder, manifest.model_copy(update={"segments": (entry,)}))
    [line] = problems(filled)
    assert line.endswith("(leave.md, 0–10) is missing from the dense index")


def test_foreign_and_repeated_rows_of_the_dense_index_are_named(filled: KnowledgeBase) -> None:
    folder = filled.path / "dense"
    manifest = read_manifest(folder, DenseManifest, DENSE_FORM)
    segment = load_segment(folder, manifest.segments[0])
    extra = Segment.build(np.array([1, 99]), segment.vectors[:2])
    entry = write_segment(folder, extra, manifest.segments[0].embedder)
    write_manifest(folder, manifest.model_copy(update={"segments": (*manifest.segments, entry)}))
    lines = problems(filled)
    assert "the dense index holds a passage that was removed (key 99)" in lines
    assert any("(leave.md, 0–10) is 2 times in the dense index" in line for line in lines)


def test_missing_and_foreign_passages_of_the_lexical_index_are_named(filled: KnowledgeBase) -> None:
    folder = filled.path / "lexical"
    manifest = read_manifest(folder, LexicalManifest, LEXICAL_FORM)
    place = folder / manifest.folder
    write_index(open_index(place), [(6, ["extra"])], above=5, removed=[1])
    write_manifest(folder, manifest.model_copy(update={"files": describe_files(place, {})}))
    lines = problems(filled)
    assert "the lexical index holds a passage that was removed (key 6)" in lines
    assert any(line.endswith("(leave.md, 0–10) is missing from the lexical index") for line in lines)


def test_index_of_another_knowledge_base_is_refused(filled: KnowledgeBase, tmp_path: Path, put: Put) -> None:
    with KnowledgeBase.create(tmp_path / "other", filled.fingerprint) as other, other.writer() as writer:
        put(writer, "x.md", "1\n2\n3\n4\n5\n6")
        writer.publish()
    for kind in ("dense", "lexical"):
        (filled.path / kind).rename(tmp_path / kind)
        (tmp_path / "other" / kind).rename(filled.path / kind)
    lines = problems(filled)
    assert [line for line in lines if "dense belongs to another catalogue" in line]
    assert [line for line in lines if "lexical belongs to another catalogue" in line]


def test_many_problems_of_a_kind_are_counted_not_listed(knowledge_base: KnowledgeBase, put: Put) -> None:
    with knowledge_base.writer() as writer:
        put(writer, "long.md", "\n".join(f"line {number}" for number in range(50)))
        writer.publish()
    execute(knowledge_base, "UPDATE passages SET text = 'x'")
    with KnowledgeBase.open(knowledge_base.path) as reopened:
        lines = problems(reopened)
    assert len(lines) == 42
    assert any(line.startswith("… and 30 more of this kind") for line in lines)
