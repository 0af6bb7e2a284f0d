"""Damaged copies of good files: each is read or failed with a reason, none ends the run or holds it up."""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from ingest.parsers import KNOWN_SUFFIXES
from ingest.reading.pool import ReadingPool
from ingest.reading.process import ReadingLimits, ReadingOptions
from ingest.sources import walk_folder
from tests.ingest.good_files import good_files

KB = Path(__file__).parents[2] / "kb"
pytestmark = pytest.mark.reading_processes

_LARGEST = 3_000_000  # bytes of a file that is taken
_LIMITS = ReadingLimits(seconds=20.0, page_seconds=1.0, most_seconds=40.0, memory=2 << 30)


def _damaged(data: bytes, random: Random) -> bytes:
    """A damaged copy. Of an archive rather one of its entries is damaged, which no checksum tells then."""
    if not zipfile.is_zipfile(io.BytesIO(data)) or random.random() < 0.3:
        return _with_faults(data, random)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as good, zipfile.ZipFile(buffer, "w") as bad:
        doomed = random.choice([each for each in good.namelist() if each.endswith(("ml", ".rels", ".opf"))])
        for name in good.namelist():
            content = good.read(name)
            bad.writestr(name, _with_faults(content, random) if name == doomed else content)
    return buffer.getvalue()


def _with_faults(data: bytes, random: Random) -> bytes:
    """The bytes with up to five faults: flipped bits, a lost end, something put in, parts in other places."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 5)):
        place = random.randrange(len(changed) + 1)
        match random.randrange(5):
            case 0:
                for _ in range(random.randint(1, 30)):
                    if changed:
                        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
            case 1:
                del changed[max(place, len(changed) // 10) :]
            case 2:
                changed[place:place] = random.choice(
                    [random.randbytes(200), b"\x00" * 500, b"<" * 500, b"9" * 50]
                )
            case 3:
                length = random.randint(1, 2000)
                part = changed[place : place + length]
                del changed[place : place + length]
                other = random.randrange(len(changed) + 1)
                changed[other:other] = part
            case _:
                other = random.randrange(len(changed) + 1)
                changed[place:place] = changed[other : other + random.randint(1, 2000)]
    return bytes(changed)


def _corpus(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in KNOWN_SUFFIXES and 0 < path.stat().st_size <= _LARGEST:
            yield path.name, path.read_bytes()


def _read_damaged(files: list[tuple[str, bytes]], folder: Path, count: int, seed: int) -> None:
    """Damage that many of the files, each type about as often as another, and read them and an honest one."""
    random = Random(seed)
    kinds = sorted({Path(name).suffix.lower() for name, _ in files})
    folder.mkdir()
    for number in range(count):
        kind = kinds[number % len(kinds)]
        name, data = random.choice([each for each in files if Path(each[0]).suffix.lower() == kind])
        (folder / f"{number:04} {name[-60:]}").write_bytes(_damaged(data, random))
    (folder / "~honest.txt").write_text("An honest sentence.")
    sources = walk_folder(folder).files
    assert len(sources) == count + 1

    with ReadingPool(ReadingOptions(ocr=False, limits=_LIMITS), workers=2) as pool:
        read = [each.document for each in pool.read(sources)]

    assert [each.source for each in read] == [each.source for each in sources]
    assert read[-1].text == "An honest sentence."
    assert {each.status for each in read[:-1]} == {"ok", "failed"}, "the faults are too great or too small"
    for each in read:
        assert (each.status == "ok") == bool(each.text) == (not each.problem), each.source
        problem = each.problem or ""
        assert not problem.startswith(("it takes too long", "its reading process")), (each.source, problem)
        assert "its parser crashed" not in problem, (each.source, problem)


def _own_files() -> list[tuple[str, bytes]]:
    return [*_corpus(KB), *good_files().items()]


def _real_files() -> list[tuple[str, bytes]]:
    name = os.environ.get("WENJU_DOCUMENTS")
    files = list(_corpus(Path(name))) if name else []
    if not files:
        pytest.skip("WENJU_DOCUMENTS names no folder of real files")
    return files


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    _read_damaged(_own_files(), tmp_path / "docs", 30, seed=1)


def test_damaged_real_files_are_read_or_refused(tmp_path: Path) -> None:
    _read_damaged(_real_files(), tmp_path / "docs", 30, seed=2)


@pytest.mark.slow
def test_many_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    _read_damaged(_own_files(), tmp_path / "docs", 300, seed=3)


@pytest.mark.slow
def test_many_damaged_real_files_are_read_or_refused(tmp_path: Path) -> None:
    _read_damaged(_real_files(), tmp_path / "docs", 300, seed=4)
