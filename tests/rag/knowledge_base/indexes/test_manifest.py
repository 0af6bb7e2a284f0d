from pathlib import Path

import pytest

from rag.knowledge_base.index import IndexProblem
from rag.knowledge_base.indexes.manifest import (
    MANIFEST,
    Manifest,
    check_file,
    read_manifest,
    write_manifest,
)


def test_manifest_comes_back(tmp_path: Path) -> None:
    manifest = Manifest(form=1, identity="abc", last_key=7)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path, Manifest, 1) == manifest


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("abc", "abd", "checksum"),
        ("{", "", "can't be read"),
        ('"sha256"', '"sha"', "can't be read"),
    ],
)
def test_damaged_manifest_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    write_manifest(tmp_path, Manifest(form=1, identity="abc", last_key=7))
    file = tmp_path / MANIFEST
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(IndexProblem, match=complaint):
        read_manifest(tmp_path, Manifest, 1)


def test_missing_binary_or_foreign_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexProblem, match="missing"):
        read_manifest(tmp_path, Manifest, 1)
    (tmp_path / MANIFEST).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(IndexProblem, match="can't be read"):
        read_manifest(tmp_path, Manifest, 1)
    (tmp_path / MANIFEST).write_text('["not", "ours"]')
    with pytest.raises(IndexProblem, match="can't be read"):
        read_manifest(tmp_path, Manifest, 1)
    write_manifest(tmp_path, Manifest(form=2, identity="abc", last_key=7))
    with pytest.raises(IndexProblem, match="another version"):
        read_manifest(tmp_path, Manifest, 1)


def test_changed_or_missing_file_is_told_by_its_checksum(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"data")
    check_file(file, "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7")
    file.write_bytes(b"date")
    with pytest.raises(IndexProblem, match="checksum"):
        check_file(file, "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7")
    file.unlink()
    with pytest.raises(IndexProblem, match="missing"):
        check_file(file, "")
