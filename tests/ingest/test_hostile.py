"""Hostile files, read in real reading processes: each is reported within the limits, and the rest goes on."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings

from ingest.pipeline import ingest_folder
from ingest.plan import IngestOptions
from ingest.reading.document import ReadDocument
from ingest.reading.pool import ReadingPool
from ingest.reading.process import ReadingLimits, ReadingOptions
from ingest.sources import walk_folder
from rag.knowledge_base import KnowledgeBase
from rag.settings import IngestSettings
from tests.ingest import hostile_files
from tests.reading import seen

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]
pytestmark = pytest.mark.reading_processes

_CHARACTERS = 12_000_000
_LIMITS = ReadingLimits(
    seconds=40.0, page_seconds=0.0, most_seconds=40.0, memory=2 << 30, characters=_CHARACTERS
)
_TOO_LONG = "it takes too long"
_REPEATED = 3_000  # characters of headings and header that a passage repeats, at most


def _read(folder: Path, limits: ReadingLimits = _LIMITS) -> dict[str, ReadDocument]:
    """Every file is read or failed with a reason, gives bounded output; an honest one is read after them."""
    (folder / "~honest.txt").write_text("An honest sentence.")
    files = walk_folder(folder).files
    with ReadingPool(ReadingOptions(ocr=False, limits=limits), workers=1) as pool:
        read = {each.document.source: each for each in pool.read(files)}
    assert set(read) == {each.source for each in files}
    assert read.pop("~honest.txt").document.text == "An honest sentence."
    for each in read.values():
        document = each.document
        assert (document.status == "failed") == bool(document.problem) == (not each.passages), document.source
        assert len(document.text) <= _CHARACTERS
        assert all(len(passage.context) <= _REPEATED for passage in each.passages), document.source
    return read


def _problems(read: Mapping[str, ReadDocument]) -> dict[str, str]:
    return {source: each.document.problem for source, each in read.items() if each.document.problem}


def test_small_files_that_unpack_to_much_are_refused_or_cut(write_files: WriteFiles) -> None:
    read = _read(write_files(hostile_files.bombs()))

    unharmed = {source for source, each in read.items() if not each.document.problem}
    assert unharmed == {"laughs.epub", "laughs.html"}
    assert all(len(read[source].document.text) < 100 for source in unharmed), "entities were expanded"
    problems = _problems(read)
    assert all("zip bomb" in problems[name] for name in ("bomb.docx", "bomb.xlsx", "bomb.pptx"))
    assert "more than is read" in problems["bomb.epub"]
    assert not any(problem.startswith(_TOO_LONG) for problem in problems.values())


@pytest.mark.parametrize("part", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_what_is_nested_deeply_or_leads_back_to_itself_is_read_or_refused(
    write_files: WriteFiles, part: int
) -> None:
    files = hostile_files.nested(part)
    many = {"many.pdf": files.pop("many.pdf")}

    read = _read(write_files(files))

    problems = _problems(read)
    assert not any(problem.startswith(_TOO_LONG) for problem in problems.values()), problems
    assert problems["loop.pdf"] == "the PDF is damaged: Detected cyclic page references"
    assert "too deeply" in problems["deep.json"]
    assert "x" in read["deep list.html"].document.text
    assert "x" in read["deep quote.md"].document.text
    assert read["deep quote.md"].document.report["warnings"]

    limits = ReadingLimits(seconds=2.0, page_seconds=1.0, most_seconds=4.0, memory=2 << 30)
    for each in write_files({}).iterdir():
        each.unlink()
    assert _problems(_read(write_files(many), limits))["many.pdf"].startswith(_TOO_LONG)


@pytest.mark.parametrize("part", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_files_that_repeat_themselves_are_read_in_time_proportional_to_their_length(
    write_files: WriteFiles, part: int
) -> None:
    read = _read(write_files(hostile_files.repeated(part)))

    assert set(_problems(read)) == {"line stars.md"}
    assert read["blanks within.txt"].document.text.strip(" ") == read["blanks within.txt"].document.text


@pytest.mark.parametrize("name", ["line.txt", "line 中.txt"])
@pytest.mark.parametrize("size", [300_000, pytest.param(10_000_000, marks=pytest.mark.slow)])
def test_a_long_line_is_read(write_files: WriteFiles, name: str, size: int) -> None:
    [read] = _read(write_files({name: hostile_files.long_lines(size)[name]})).values()

    assert read.document.problem is None
    assert len(read.document.text) == size
    assert max(len(each.text) for each in read.passages) < 2_000
    assert sum(len(each.text) for each in read.passages) == size


@pytest.mark.slow
def test_ten_million_characters_in_any_form_are_read_or_refused(write_files: WriteFiles) -> None:
    _read(write_files(hostile_files.long_lines()))


@pytest.fixture
def requests() -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!ENTITY q 'FETCHED'>")

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_nothing_is_fetched_executed_or_read_from_elsewhere(
    write_files: WriteFiles, tmp_path: Path, requests: tuple[str, list[str]]
) -> None:
    address, asked = requests
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    files = hostile_files.prying(address, secret.as_uri())

    read = _read(write_files(files))

    assert not asked
    problems = _problems(read)
    assert set(problems) <= {"entity.docx", "body.eml"}, problems
    for source, each in read.items():
        text = each.document.text + "".join(passage.context for passage in each.passages)
        assert "SECRET" not in text and "FETCHED" not in text, source
        assert "alert(" not in text, source
        assert "Out of the archive" not in text, source
        assert "root:" not in text, source
    assert not Path("/tmp/wenju-up.txt").exists()
    assert [each.name for each in tmp_path.iterdir() if each.name == "up.txt"] == []


def test_folder_full_of_traps_is_ingested_and_every_trap_is_told(
    write_files: WriteFiles, tmp_path: Path, kb: KnowledgeBase, embeddings: Embeddings
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("SECRET")
    newline, escape, longest = "a\nfailed: b.txt", "\x1b[31mred", "名" * 83
    folder = write_files(
        {
            f"{newline}.txt": "With a line end in its name.",
            f"{escape}.txt": "With an escape in its name.",
            f"{longest}.txt": "With the longest name there can be.",
            "honest.txt": "An honest sentence.",
        }
    )
    os.mkfifo(folder / "pipe.txt")
    (folder / "device.txt").symlink_to("/dev/zero")
    (folder / "out.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (folder / "outside").symlink_to(tmp_path / "outside")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "within.txt").symlink_to(folder / "honest.txt")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "socket.txt"))
    options = IngestOptions(ingest=IngestSettings(workers=1, ocr=False))

    report = ingest_folder(folder, kb, embeddings, options)

    server.close()
    assert report.added == 5
    assert dict(report.skipped) == {
        "pipe.txt": "not a regular file",
        "socket.txt": "not a regular file",
        "device.txt": "a link that leads out of the folder",
        "out.txt": "a link that leads out of the folder",
        "outside": "a link that leads out of the folder",
    }
    assert [source for source, _ in report.failed] == ["loop.txt"]
    assert "SECRET" not in "".join(
        seen(kb).text(each.source) for each in seen(kb).documents() if each.status == "ok"
    )
    (folder / f"{newline}.txt").write_bytes(b"")
    again = ingest_folder(folder, kb, embeddings, options)
    assert "  a\\nfailed: b.txt.txt: the file is empty" in again.to_text().splitlines()
    assert kb.verify().ok
