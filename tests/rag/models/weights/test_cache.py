from pathlib import Path

import pytest

from rag.models.weights.cache import FileDigest, Manifest, find_damage, models_folder, write_manifest
from rag.models.weights.registry import Model, SourceFile

MODEL = Model("名字", "embedder", "MIT", "folder", (SourceFile("source", 3, "0" * 64, ()),), 5)


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


def _written(folder: Path) -> Manifest:
    write_manifest(MODEL, folder)
    manifest = Manifest.read(folder)
    assert manifest is not None
    return manifest


def test_a_manifest_says_of_what_and_whence_the_folder_is(tmp_path: Path) -> None:
    manifest = _written(_folder(tmp_path))
    assert (manifest.format, manifest.name, manifest.licence) == (1, "名字", "MIT")
    assert manifest.sources == (FileDigest("source", 3, "0" * 64),)
    assert [(file.path, file.size) for file in manifest.files] == [("a.json", 2), ("sub/b.bin", 3_000_000)]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1', '{"name": 1, "files": 3}'])
def test_what_is_no_manifest_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    assert Manifest.read(tmp_path) is None


def test_files_that_are_as_recorded_are_sound(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    assert find_damage(folder, _written(folder).files) == []


def test_every_kind_of_damage_is_said(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "c").write_bytes(b"c")
    files = _written(folder).files
    (folder / "a.json").write_bytes(b"[]")
    (folder / "sub" / "b.bin").write_bytes(b"")
    (folder / "c").unlink()
    digest, missing, size = find_damage(folder, files)
    assert "SHA-256" in digest
    assert missing == f"{folder / 'c'} is missing"
    assert "0 bytes instead of 3,000,000" in size
