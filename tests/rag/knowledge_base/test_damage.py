"""A catalogue that can't be read is reported in one line and never overwritten."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import KnowledgeBaseBusy, KnowledgeBaseCorrupt, KnowledgeBaseMismatch, KnowledgeBaseNotFound
from rag.knowledge_base import KnowledgeBase, Writer
from rag.models.fingerprint import EmbedderFingerprint
from tests.reading import seen

Put = Callable[[Writer, str, str], None]
Found = Callable[[KnowledgeBase], set[str]]


def overwrite_header(file: Path) -> None:
    file.write_bytes(b"not a database at all" + file.read_bytes()[21:])


def cut_in_half(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def drop_tables(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("DROP TABLE meta")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", [overwrite_header, cut_in_half, drop_tables])
def test_corrupt_catalogue_is_refused_and_kept(
    filled: KnowledgeBase,
    fingerprint: EmbedderFingerprint,
    put: Put,
    found: Found,
    damage: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    filled.close()
    file = filled.path / "catalogue.sqlite"
    damage(file)
    spoiled = file.read_bytes()
    for opening in (KnowledgeBase.open, lambda path: KnowledgeBase.create(path, fingerprint)):
        with pytest.raises(KnowledgeBaseCorrupt) as caught, opening(filled.path) as opened:
            found(opened)
            seen(opened).documents()
        message = str(caught.value)
        assert "\n" not in message
        assert f"{file} is damaged" in message
        assert f"`python -m ingest DIR --kb {filled.path} --rebuild`" in message
        assert file.read_bytes() == spoiled
    with KnowledgeBase.create(filled.path, fingerprint, rebuild=True) as anew:
        with anew.writer() as writer:
            writer.clear()
            put(writer, "a.md", "anew")
            writer.publish()
        assert found(anew) == {"anew"}
        assert anew.verify().ok
    [kept] = filled.path.glob("catalogue.sqlite.damaged-*")
    assert kept.read_bytes() == spoiled
    assert f"kept the old catalogue as {kept.name}" in caplog.text


def test_catalogue_of_another_version_is_refused_until_rebuilt(
    filled: KnowledgeBase, fingerprint: EmbedderFingerprint
) -> None:
    filled.close()
    connection = sqlite3.connect(filled.path / "catalogue.sqlite")
    connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    connection.commit()
    connection.close()
    with pytest.raises(KnowledgeBaseMismatch, match=r"its form is 99, this version reads 3.*--rebuild"):
        KnowledgeBase.open(filled.path)
    with pytest.raises(KnowledgeBaseMismatch, match="another version"):
        KnowledgeBase.create(filled.path, fingerprint)
    with KnowledgeBase.create(filled.path, fingerprint, rebuild=True) as anew:
        assert seen(anew).documents() == []
    assert len([*filled.path.glob("catalogue.sqlite.damaged-*")]) == 1


def test_sound_catalogue_is_not_moved_by_a_rebuild(
    filled: KnowledgeBase, fingerprint: EmbedderFingerprint
) -> None:
    with KnowledgeBase.create(filled.path, fingerprint, rebuild=True) as opened:
        assert seen(opened).passage_count() == 5
    assert not [*filled.path.glob("*.damaged-*")]


def test_damaged_catalogue_in_use_is_not_moved(
    filled: KnowledgeBase, fingerprint: EmbedderFingerprint
) -> None:
    with filled.writer():
        overwrite_header(filled.path / "catalogue.sqlite")
        with pytest.raises(KnowledgeBaseBusy):
            KnowledgeBase.create(filled.path, fingerprint, rebuild=True)


def test_empty_file_is_no_knowledge_base_but_can_become_one(
    path: Path, fingerprint: EmbedderFingerprint
) -> None:
    path.mkdir()
    (path / "catalogue.sqlite").touch()
    with pytest.raises(KnowledgeBaseNotFound):
        KnowledgeBase.open(path)
    with KnowledgeBase.create(path, fingerprint) as made:
        assert made.generation == 0
