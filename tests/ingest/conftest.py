"""A folder to fill, and a knowledge base made with a deterministic embedder of LangChain's."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from rag.knowledge_base import KnowledgeBase
from rag.models.fingerprint import EmbedderFingerprint

DIMENSION = 32
FINGERPRINT = EmbedderFingerprint("deterministic", DIMENSION, "0" * 64, "", "")

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture(autouse=True)
def _read_in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading processes take most of a second to start; tests that are about them are marked for it."""
    if request.node.get_closest_marker("reading_processes") is None:
        monkeypatch.setattr("ingest.reading.pool.default_workers", lambda: 0)


@pytest.fixture
def embeddings() -> Embeddings:
    return DeterministicFakeEmbedding(size=DIMENSION)


@pytest.fixture
def kb_path(tmp_path: Path) -> Path:
    return tmp_path / "kb"


@pytest.fixture
def kb(kb_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(kb_path, FINGERPRINT) as knowledge_base:
        yield knowledge_base


@pytest.fixture
def write_files(tmp_path: Path) -> WriteFiles:
    """Write files below one folder and return it; existing files are overwritten."""
    folder = tmp_path / "docs"

    def write(files: Mapping[str, str | bytes]) -> Path:
        folder.mkdir(exist_ok=True)
        for source, content in files.items():
            path = folder / source
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write
