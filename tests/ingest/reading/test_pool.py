"""Reading in processes of their own: what breaks one is reported, and the rest goes on."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ingest.reading.pool import ReadingPool
from ingest.reading.process import ReadingLimits, ReadingOptions, ReadingProcess
from ingest.sources import SourceFile, walk_folder
from rag.errors import IngestError

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]
pytestmark = pytest.mark.reading_processes

# A stand-in for a parser with a fault, put before the parsers in the reading process.
FAULTY = """
import os, socket, subprocess, sys, time
from collections.abc import Iterator
from langchain_core.documents import Document
import ingest.parsers
from ingest.parsers.reading_context import page_done

class Faulty:
    name, version = "faulty", 1

    def lazy_parse(self, blob):
        order = blob.as_string()
        if order == "crash":
            os.abort()
        if order == "exit":
            os._exit(3)
        if order == "sleep":
            time.sleep(600)
        if order == "pages":
            for _ in range(20):
                time.sleep(0.1)
                page_done()
        if order == "eat":
            eaten = [bytearray(64 << 20) for _ in range(64)]
        if order == "write":
            while True:
                yield Document("x" * 1_000_000)
        if order == "connect":
            socket.create_connection(("127.0.0.1", 9))
        if order == "spawn":
            subprocess.run(["true"])
        if order == "print":
            print("noise")
            os.write(1, b"noise")
        yield Document(order)

ingest.parsers.parser_for = lambda suffix: Faulty()
import ingest.reading.document
ingest.reading.document.parser_for = ingest.parsers.parser_for
"""


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading processes started from now on have the faulty parser."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(
        "import sys\nif 'ingest.reading.worker' in ' '.join(sys.orig_argv):\n    import faulty_parser\n"
    )
    (tmp_path / "hook" / "faulty_parser.py").write_text(FAULTY)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "hook"), *sys.path])


def _problems(pool: ReadingPool, folder: Path) -> dict[str, str | None]:
    files = walk_folder(folder).files
    return {read.document.source: read.document.problem for read in pool.read(files)}


def test_files_come_back_in_order_as_they_are_read_in_this_process(write_files: WriteFiles) -> None:
    folder = write_files(
        {f"{number:02}.md": f"# 制度 {number}\n\n第 {number} 条。\n" for number in range(12)}
        | {"empty.txt": b""}
    )
    files = walk_folder(folder).files
    with ReadingPool(ReadingOptions(), workers=0) as pool:
        expected = list(pool.read(files))
    with ReadingPool(ReadingOptions(), workers=2) as pool:
        found = list(pool.read(files))
    for here, there in zip(expected, found, strict=True):
        assert there.passages == here.passages
        assert (there.document.source, there.document.text, there.document.problem) == (
            here.document.source,
            here.document.text,
            here.document.problem,
        )
        assert there.document.sha256 == here.document.sha256


@pytest.mark.usefixtures("faulty")
def test_crash_time_memory_and_endless_text_fail_their_file_only(write_files: WriteFiles) -> None:
    orders = ("crash", "eat", "exit", "fine", "print", "sleep", "write", "zfine")
    folder = write_files({f"{order}.txt": order for order in orders})
    limits = ReadingLimits(seconds=5.0, memory=1 << 29, characters=5_000_000)
    with ReadingPool(ReadingOptions(limits=limits), workers=1) as pool:
        problems = _problems(pool, folder)
    assert problems == {
        "crash.txt": "its parser crashed (SIGABRT)",
        "eat.txt": "it is too large for the memory there is",
        "exit.txt": "its parser crashed",
        "fine.txt": None,
        "print.txt": None,
        "sleep.txt": "it takes too long: given up after 5 s",
        "write.txt": "it holds more than 5,000,000 characters of text",
        "zfine.txt": None,
    }


@pytest.mark.usefixtures("faulty")
def test_a_document_that_gets_on_may_take_longer_than_one_that_is_stuck(write_files: WriteFiles) -> None:
    folder = write_files({"pages.txt": "pages"})
    with ReadingPool(ReadingOptions(limits=ReadingLimits(seconds=1.0, page_seconds=0.5)), workers=1) as pool:
        assert _problems(pool, folder) == {"pages.txt": None}
    with ReadingPool(ReadingOptions(limits=ReadingLimits(seconds=1.0, page_seconds=0.0)), workers=1) as pool:
        problem = _problems(pool, folder)["pages.txt"]
    assert problem is not None
    assert problem.startswith("it takes too long: given up after 1 s after")


@pytest.mark.usefixtures("faulty")
def test_parser_can_neither_connect_nor_start_programs(write_files: WriteFiles) -> None:
    folder = write_files({"connect.txt": "connect", "spawn.txt": "spawn"})
    with ReadingPool(ReadingOptions(), workers=1) as pool:
        problems = _problems(pool, folder)
    assert all("may not do this" in str(problem) for problem in problems.values())


@pytest.mark.usefixtures("faulty")
def test_failed_file_keeps_its_digest_so_that_its_return_is_known(write_files: WriteFiles) -> None:
    files = walk_folder(write_files({"crash.txt": "crash"})).files
    with ReadingPool(ReadingOptions(), workers=1) as pool:
        [read] = pool.read(files)
    assert len(read.document.sha256) == 64


@pytest.mark.usefixtures("faulty")
def test_leaving_the_pool_ends_its_processes_at_once(write_files: WriteFiles) -> None:
    files = walk_folder(write_files({"a.txt": "fine", "sleep.txt": "sleep"})).files
    start = time.monotonic()
    with ReadingPool(ReadingOptions(), workers=1) as pool:
        documents: Iterator[object] = pool.read(files)
        next(documents)
        [process] = pool._processes
        left = time.monotonic()
    assert time.monotonic() - left < 2.0
    assert not process.alive
    assert time.monotonic() - start < 60.0


def test_process_that_cannot_start_is_an_error_and_no_file_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_files: WriteFiles
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ingest").mkdir()
    (tmp_path / "broken" / "ingest" / "__init__.py").write_text("raise ImportError('half an installation')")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "broken"), *sys.path])
    monkeypatch.chdir(tmp_path)
    files = walk_folder(write_files({"a.txt": "a"})).files
    with (
        ReadingPool(ReadingOptions(), workers=1) as pool,
        pytest.raises(IngestError, match="half an install"),
    ):
        list(pool.read(files))


def test_reading_process_ends_with_the_one_that_started_it() -> None:
    process = ReadingProcess(ReadingOptions())
    assert process._process.stdin is not None
    process._process.stdin.close()
    assert process._process.wait(timeout=10) == 0
    process.close()


def test_file_path_is_taken_as_it_is(write_files: WriteFiles) -> None:
    name = "报告 ‘final’ \u2028.txt"
    folder = write_files({name: "内容。"})
    file = SourceFile(name, folder / name, (folder / name).stat().st_size, 0)
    with ReadingPool(ReadingOptions(), workers=1) as pool:
        [read] = pool.read([file])
    assert (read.document.source, read.document.text) == (name, "内容。")
