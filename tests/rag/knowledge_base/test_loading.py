"""A derived index that can't be used is made anew, in the place of the old one or else in memory."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.knowledge_base import KnowledgeBase, Writer
from rag.knowledge_base.indexes.faiss_index import FaissIndex
from rag.models.fingerprint import EmbedderFingerprint
from rag.text import analysis
from tests.reading import seen

Put = Callable[[Writer, str, str], None]
Found = Callable[[KnowledgeBase], set[str]]
Embed = Callable[[str], Any]

DAMAGE: dict[str, Callable[[Path], object]] = {
    "dense missing": lambda path: shutil.rmtree(path / "dense"),
    "lexical missing": lambda path: shutil.rmtree(path / "lexical"),
    "dense manifest": lambda path: (path / "dense" / "manifest.json").write_text("{"),
    "lexical manifest": lambda path: (path / "lexical" / "manifest.json").unlink(),
    "segment": lambda path: spoil(next(path.glob("dense/*.faiss"))),
    "keys": lambda path: spoil(next(path.glob("dense/*.npy"))),
    "terms": lambda path: spoil(next(path.glob("lexical/*/*.term"))),
    "postings": lambda path: next(path.glob("lexical/*/*.idx")).unlink(),
    "tantivy's list": lambda path: next(path.glob("lexical/*/meta.json")).write_text("[]"),
}


def spoil(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-9] + b"\x00" * 9)


@pytest.mark.parametrize("kind", list(DAMAGE))
def test_search_makes_a_damaged_index_anew_with_a_warning(
    filled: KnowledgeBase, found: Found, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    everything = found(filled)
    DAMAGE[kind](filled.path)
    with KnowledgeBase.open(filled.path) as reopened:
        assert not reopened.verify().ok
        assert found(reopened) == everything
        assert reopened.verify().ok
    [record] = [each for each in caplog.records if each.name.startswith("rag.")]
    assert record.levelno == logging.WARNING
    assert "making the index anew" in record.message


@pytest.mark.parametrize("kind", list(DAMAGE))
def test_publication_makes_a_damaged_index_anew(
    filled: KnowledgeBase, put: Put, found: Found, kind: str
) -> None:
    DAMAGE[kind](filled.path)
    with filled.writer() as writer:
        put(writer, "notice.md", "The office is open.")
        writer.remove(writer.root("/docs"), "leave.md")
        writer.publish()
    with KnowledgeBase.open(filled.path) as reopened:
        assert found(reopened) == {
            "The office is open.",
            "The AB-1200/X has three ports.",
            "Reset it with the red button.",
        }
        assert reopened.verify().ok


def test_index_that_cannot_be_replaced_is_made_in_memory(
    filled: KnowledgeBase, found: Found, caplog: pytest.LogCaptureFixture
) -> None:
    everything = found(filled)
    shutil.rmtree(filled.path / "dense")
    shutil.rmtree(filled.path / "lexical")
    with filled.writer(), KnowledgeBase.open(filled.path) as reader:
        assert found(reader) == everything
    assert "another process is writing" in caplog.text
    assert not (filled.path / "dense").exists()


def test_unpublished_work_survives_a_rebuilt_index(filled: KnowledgeBase, put: Put, found: Found) -> None:
    everything = found(filled)
    with filled.writer() as writer:
        put(writer, "late.md", "late")
    shutil.rmtree(filled.path / "dense")
    shutil.rmtree(filled.path / "lexical")
    with KnowledgeBase.open(filled.path) as reopened:
        assert found(reopened) == everything
    with filled.writer() as writer:
        writer.publish()
    assert found(filled) == everything | {"late"}
    assert filled.verify().ok


def test_new_version_of_the_analyzer_makes_the_lexical_index_anew(
    filled: KnowledgeBase, found: Found, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    everything = found(filled)
    monkeypatch.setattr(analysis, "ANALYZER_VERSION", 2)
    with KnowledgeBase.open(filled.path) as reopened:
        assert found(reopened) == everything
    assert "another version of the analyzer" in caplog.text


def test_catalogue_from_a_backup_does_not_meet_the_newer_index(
    filled: KnowledgeBase, put: Put, found: Found, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled.close()
    shutil.copy(filled.path / "catalogue.sqlite", tmp_path / "backup")
    with KnowledgeBase.open(filled.path) as newer, newer.writer() as writer:
        put(writer, "lost.md", "lost line\nanother lost line")
        writer.publish()
    shutil.copy(tmp_path / "backup", filled.path / "catalogue.sqlite")
    with KnowledgeBase.open(filled.path) as restored:
        assert "lost line" not in found(restored)
        with restored.writer() as writer:
            put(writer, "later.md", "later line")
            writer.publish()
        assert "later line" in found(restored)
        assert "lost line" not in found(restored)
        report = restored.verify()
        assert report.ok, report.problems


@pytest.mark.parametrize("index", ["dense", "lexical"])
def test_index_from_a_backup_is_older_than_the_catalogue_and_made_anew(
    filled: KnowledgeBase, put: Put, embed: Embed, tmp_path: Path, index: str
) -> None:
    shutil.copytree(filled.path / index, tmp_path / "backup")
    with filled.writer() as writer:
        put(writer, "late.md", "late line")
        writer.publish()
    shutil.rmtree(filled.path / index)
    shutil.copytree(tmp_path / "backup", filled.path / index)
    with KnowledgeBase.open(filled.path) as reopened:
        assert "older than the catalogue" in str(reopened.verify().problems)
        snapshot = seen(reopened)
        search = {
            "dense": lambda: snapshot.search_dense(embed("late line"), 1),
            "lexical": lambda: snapshot.search_lexical("late", 1),
        }
        (found,) = snapshot.passages([each for each, _ in search[index]()])
        assert found.page_content == "late line"
        assert reopened.verify().ok


def test_an_embedders_vectors_go_with_it(
    filled: KnowledgeBase, fingerprint: EmbedderFingerprint, put: Put
) -> None:
    [before] = FaissIndex(filled.path / "dense").mark().makers
    with (
        KnowledgeBase.create(filled.path, replace(fingerprint, name="another"), rebuild=True) as again,
        again.writer() as writer,
    ):
        writer.clear()
        put(writer, "new.md", "new line")
        writer.publish()
    [after] = FaissIndex(filled.path / "dense").mark().makers
    assert after != before
