"""The dictionary as it is, and one of a few entries in a package of the test's own."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.text.analysis import Analyzer
from rag.text.translation import Dictionary, dictionary, open_dictionary

ENTRIES = """# CC-CEDICT
#! version=1
華沙 华沙 [Hua2 sha1] /Warsaw, capital of Poland/
保修期 保修期 [bao3 xiu1 qi1] /guarantee period/warranty period/
資料庫 资料库 [zi1 liao4 ku4] /(computing) database/
數據庫 数据库 [shu4 ju4 ku4] /database/CL:個|个[ge4]/
"""


@pytest.fixture(scope="session")
def translations() -> Iterator[Dictionary]:
    """All of CC-CEDICT."""
    opened = open_dictionary(Analyzer())
    assert opened is not None
    yield opened
    opened.close()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data file of a few entries, which stands in for the package's, and an empty cache folder."""
    file = tmp_path / "cedict_small.txt.gz"
    file.write_bytes(gzip.compress(ENTRIES.encode()))
    monkeypatch.setattr(dictionary, "data_file", lambda: file)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return file


@pytest.fixture
def open_small(data: Path) -> Iterator[Callable[[], Dictionary | None]]:
    """Opens the dictionary of a few entries, and closes it after the test."""
    opened = []

    def open_it() -> Dictionary | None:
        opened.append(open_dictionary(Analyzer()))
        return opened[-1]

    yield open_it
    for each in opened:
        if each is not None:
            each.close()
