"""What the page answers from: a knowledge base that is followed, and models that outlive it.

A process that holds a file open goes on reading it after somebody deleted it, moved it or put another in its
place. So which file lies there is looked at before each question, not once.
"""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from langchain_core.documents import Document

from rag.errors import RagError
from rag.filter import EVERYTHING
from rag.service import Service
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.models.embedder import CachedQueryEmbeddings, SentenceEmbeddings
    from rag.models.generator import Generator

logger = logging.getLogger(__name__)

Place = tuple[int, ...]  # device and inode of a knowledge base's folder and of its catalogue


@dataclass(frozen=True, slots=True)
class Edition:
    """Which knowledge base it is, and which of its generations.

    A copy has its original's identity, and one that is made anew may be given the place of one that is gone.
    """

    place: Place
    identity: str
    generation: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an edition holds, in figures."""

    documents: int  # that could be read
    failed: int  # that could not
    passages: int
    newest: str  # day of the newest document, as far as it is known


class Opened:
    """A knowledge base, open for searching and asking; its models are loaded in the background."""

    def __init__(self, settings: Settings, place: Place) -> None:
        """
        Raises:
            RagError: the knowledge base or a model can't be had.
        """
        from rag.build import open_knowledge_base

        embedder, embeddings, generator = _models(settings)
        self.place = place
        self.knowledge_base = open_knowledge_base(settings, embedder)
        self.identity = self.knowledge_base.identity
        self.service = Service(
            settings,
            roots=EVERYTHING,
            knowledge_base=self.knowledge_base,
            embeddings=embeddings,
            generator=generator,
        )
        self._warming = threading.Event()
        self.ready = threading.Event()

    @property
    def edition(self) -> Edition:
        """What a question would be answered from now."""
        return Edition(self.place, self.knowledge_base.identity, self.knowledge_base.generation)

    def holdings(self) -> Holdings:
        """What the edition holds.

        Raises:
            RagError: the documents can't be read.
        """
        return _holdings(self.edition, self.service)

    def warm(self, language: str) -> None:
        """Begin to load what answering needs, unless that has begun."""
        if not self._warming.is_set():
            self._warming.set()
            threading.Thread(target=self._warm, args=(language,), name="warming", daemon=True).start()

    def holds(self, passages: Iterable[Document]) -> bool:
        """Whether it has all of them still. A passage has its document's state in its name, so one of a
        document that has changed is gone.

        Raises:
            RagError: the knowledge base can't be read.
        """
        names = {str(each.id) for each in passages}
        with self.knowledge_base.view(EVERYTHING).contents() as contents:
            return len(contents.passages(list(names))) == len(names)

    def close(self) -> None:
        """Let go of the files; the models stay."""
        self.service.close()
        self.knowledge_base.close()

    def _warm(self, language: str) -> None:
        try:
            self.service.warm(language)
        except RagError:
            pass  # the first question meets it again and says so
        except Exception:
            logger.exception("what answers couldn't be loaded beforehand")
        finally:
            self.ready.set()


def open_base(settings: Settings) -> Opened:
    """What the page answers from, one for all visitors, and the one that is there now.

    Raises:
        RagError: the knowledge base or a model can't be had.
    """
    place = place_of(settings.knowledge_base.path)
    if not place:
        _open.clear()
    base = _open(settings.model_dump_json(), place, settings)
    if base.edition.identity != base.identity:  # made anew where the old one lay, and given its place
        _open.clear()
        base = _open(settings.model_dump_json(), place, settings)
    return base


def forget_base() -> None:
    """Let go of what is kept for all visitors, so that the next question opens it anew."""
    _open.clear()


def place_of(path: Path) -> Place:
    """What tells a knowledge base from another at the same path; empty where there is none."""
    from rag.knowledge_base.catalogue.schema import CATALOGUE

    try:
        found = [path.stat(), (path / CATALOGUE).stat()]
    except OSError:
        return ()
    return tuple(number for each in found for number in (each.st_dev, each.st_ino))


# One entry each: what was changed meanwhile replaces what is in memory rather than adds to it.
@st.cache_resource(show_spinner=False, max_entries=1, on_release=Opened.close)
def _open(key: str, place: Place, _settings: Settings) -> Opened:
    return Opened(_settings, place)


@st.cache_data(show_spinner=False, max_entries=16, ttl=60)
def _holdings(edition: Edition, _service: Service) -> Holdings:
    documents = _service.documents()
    read = [each for each in documents if each.status == "ok"]
    return Holdings(
        documents=len(read),
        failed=len(documents) - len(read),
        passages=sum(each.passages for each in read),
        newest=max((each.modified[:10] for each in read), default=""),
    )


def _models(
    settings: Settings,
) -> "tuple[SentenceEmbeddings, CachedQueryEmbeddings, Generator | None]":
    """Embedder and generator; of the extractive reader None, since it needs the knowledge base's words."""
    return _load_models(settings.embedder.model_dump_json() + settings.generator.model_dump_json(), settings)


@st.cache_resource(show_spinner=False, max_entries=1)
def _load_models(
    key: str, _settings: Settings
) -> "tuple[SentenceEmbeddings, CachedQueryEmbeddings, Generator | None]":
    from rag.build import build_embeddings, build_generator
    from rag.models.embedder import CachedQueryEmbeddings

    embedder = build_embeddings(_settings)
    extractive = _settings.generator.model == "extractive"
    generator = None if extractive else build_generator(_settings.generator)
    return embedder, CachedQueryEmbeddings(embedder), generator
