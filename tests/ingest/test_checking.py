"""``--check`` finds every way in which disk and knowledge base can differ."""

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings

from ingest.checking import check_folder
from ingest.pipeline import ingest_folder
from rag.errors import IngestError
from rag.knowledge_base import KnowledgeBase

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def folder(kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles) -> Path:
    folder = write_files(
        {"a.md": "年假十二天。", "b.txt": "Pumps.", "bad.txt": b"", "terms.txt": "年假, 休假"}
    )
    ingest_folder(folder, kb, embeddings)
    return folder


def test_folder_as_it_was_ingested_agrees(kb: KnowledgeBase, folder: Path) -> None:
    report = check_folder(folder, kb)

    assert (report.ok, report.exit_status, report.files, report.same) == (True, 0, 3, 2)
    assert report.failed == [("bad.txt", "the file is empty")]
    record = json.loads(report.to_json())
    assert (record["passages"], record["vectors"], record["dense_rows"], record["lexical_rows"]) == (
        2,
        2,
        2,
        2,
    )
    assert "ok: disk and knowledge base agree" in report.to_text()


def test_new_changed_and_removed_files_are_named(
    kb: KnowledgeBase, folder: Path, write_files: WriteFiles
) -> None:
    stored = (folder / "a.md").stat()
    write_files({"a.md": "年假十五天。", "new.md": "New."})
    os.utime(folder / "a.md", ns=(stored.st_atime_ns, stored.st_mtime_ns))  # other bytes only
    (folder / "b.txt").unlink()

    report = check_folder(folder, kb)

    assert dict(report.differences) == {
        "a.md": "it has changed since it was ingested",
        "new.md": "on disk, but not in the catalogue",
        "b.txt": "in the catalogue, but no longer on disk (or not let in)",
    }
    assert report.exit_status == 1
    assert "NOT ok" in report.to_text()


def test_glossary_that_is_not_in_use_is_named(
    kb: KnowledgeBase, folder: Path, write_files: WriteFiles
) -> None:
    write_files({"terms.txt": "年假, 休假\n班车, 通勤车"})
    report = check_folder(folder, kb)
    assert [source for source, _ in report.differences] == ["terms.txt"]
    assert "班车, 通勤车" in report.differences[0].reason


def test_what_verify_finds_counts_as_well(kb: KnowledgeBase, folder: Path) -> None:
    with sqlite3.connect(kb.path / "catalogue.sqlite") as connection:
        connection.execute("UPDATE texts SET text = 'other'")
    connection.close()
    report = check_folder(folder, kb)
    assert not report.differences
    assert report.exit_status == 1
    assert "PROBLEM" in report.to_text()


def test_folder_that_was_never_ingested_is_an_error(kb: KnowledgeBase, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(IngestError, match="nothing was ever ingested from"):
        check_folder(tmp_path / "other", kb)
