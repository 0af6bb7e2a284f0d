import hashlib
from pathlib import Path

import pytest

from rag.models.weights.cache import Manifest, digest_folder, file_digest, find_damage, models_folder


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.json").write_bytes(b"{}")
    (tmp_path / "sub" / "b.bin").write_bytes(bytes(3_000_000))
    return tmp_path


def test_xdg_cache_home_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models_folder() == tmp_path / "wenju" / "models"


@pytest.mark.parametrize("value", ["", "relative/folder"])
def test_without_it_the_platforms_cache_folder_is_used(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert models_folder().is_absolute()
    assert models_folder().parts[-2:] == ("wenju", "models")


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    files = digest_folder(_folder(tmp_path))
    manifest = Manifest(1, "名字", "MIT", files[:1], files)
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1', '{"name": 1, "files": 3}'])
def test_what_is_no_manifest_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    assert Manifest.read(tmp_path) is None


def test_files_that_are_as_recorded_are_sound(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    files = digest_folder(folder)
    assert [file.path for file in files] == ["a.json", "sub/b.bin"]
    assert find_damage(folder, files) == []


def test_every_kind_of_damage_is_said(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "c").write_bytes(b"c")
    files = digest_folder(folder)
    (folder / "a.json").write_bytes(b"[]")
    (folder / "sub" / "b.bin").write_bytes(b"")
    (folder / "c").unlink()
    digest, missing, size = find_damage(folder, files)
    assert "SHA-256" in digest
    assert missing == f"{folder / 'c'} is missing"
    assert "0 bytes instead of 3,000,000" in size


def test_a_part_of_a_file_has_its_own_digest(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"0123456789")
    assert file_digest(tmp_path / "f", 2, 3) == hashlib.sha256(b"234").hexdigest()
    assert file_digest(tmp_path / "f") == hashlib.sha256(b"0123456789").hexdigest()
