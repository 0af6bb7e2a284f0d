"""Knowledge bases of evaluation corpora, kept in the user's cache folder and made once."""

import hashlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from langchain_core.embeddings import Embeddings
from tqdm import tqdm

from eval.datasets.records import EvalDocument, FaqDocument, fingerprint_of
from ingest.document_text import Block, DocumentText
from ingest.embedding import embed_new
from ingest.parsers.blocks import PairLines
from ingest.pipeline import ingest_folder
from ingest.plan import IngestOptions
from ingest.reading.document import split_text
from ingest.splitter import PassageSplitter
from rag.errors import KnowledgeBaseError
from rag.files import cache_folder
from rag.knowledge_base import Contents, KnowledgeBase, NewDocument, Writer
from rag.knowledge_base.catalogue.schema import CATALOGUE, SCHEMA_VERSION
from rag.models.fingerprint import EmbedderFingerprint
from rag.settings import Settings, SplitterSettings
from rag.text.language import language_of

logger = logging.getLogger(__name__)

ROOT = "eval:corpus"
_BATCH = 64  # documents
_FORM = 2  # of what ingestion makes of a text; with another one corpora are made anew


def corpora_folder() -> Path:
    """Where the corpora's knowledge bases are kept; they can be deleted at any time."""
    return cache_folder() / "corpora"


def open_corpus(
    documents: Sequence[EvalDocument],
    embeddings: Embeddings,
    fingerprint: EmbedderFingerprint,
    splitter: SplitterSettings,
    folder: Path | None = None,
) -> KnowledgeBase:
    """A knowledge base of the documents, made if there is none yet; a document's source is its id.

    It is named by all that it depends on (texts, embedder, splitter), whatever their order. Making it goes on
    where it was stopped; what other corpora have in common with it isn't embedded again.
    """
    documents = sorted(documents, key=lambda each: each.id)
    parts = PassageSplitter(splitter.target_tokens, splitter.max_tokens)
    facts = f"{fingerprint_of(documents, ())} {fingerprint} {parts.fingerprint} {SCHEMA_VERSION} {_FORM}"
    name = hashlib.sha256(facts.encode())
    path = (folder or corpora_folder()) / name.hexdigest()[:24]
    kb = KnowledgeBase.create(path, fingerprint)
    try:
        with kb.writer(timeout=3600) as writer:
            root = writer.root(ROOT)
            known = writer.documents(root)
            missing = [each for each in documents if each.id not in known]
            if missing:
                _adopt_vectors(writer, path)
            with tqdm(total=len(missing), unit="document", file=sys.stderr, disable=not missing) as bar:
                for start in range(0, len(missing), _BATCH):
                    batch = [
                        (each, split_text(parts, _with_blocks(each), each.title))
                        for each in missing[start : start + _BATCH]
                    ]
                    every = [passage for _, passages in batch for passage in passages]
                    vectors = embed_new(writer, every, embeddings)
                    for document, passages in batch:
                        writer.put(root, _stored(document), passages, vectors)
                        bar.update()
            writer.publish()
    except BaseException:
        kb.close()
        raise
    return kb


def _adopt_vectors(writer: Writer, path: Path) -> None:
    """Take over what the other corpora, beside this one, have embedded."""
    for file in sorted(path.parent.glob(f"*/{CATALOGUE}")):
        if file.parent != path:
            try:
                writer.adopt_vectors(file.parent)
            except KnowledgeBaseError as error:  # all is there to be embedded
                logger.info("nothing is taken over from %s: %s", file.parent, error)


def open_folder(
    folder: Path,
    embeddings: Embeddings,
    fingerprint: EmbedderFingerprint,
    settings: Settings,
    cache: Path | None = None,
) -> KnowledgeBase:
    """A knowledge base of a folder's files as they are now, ingested as users do it; kept, and kept up.

    Files that can't be read are named in a warning: questions on them count all the same.

    Raises:
        IngestError: the folder isn't there or holds no documents.
    """
    facts = f"{folder.resolve()} {fingerprint} {settings.splitter} {settings.ingest} {SCHEMA_VERSION} {_FORM}"
    path = (cache or corpora_folder()) / hashlib.sha256(facts.encode()).hexdigest()[:24]
    kb = KnowledgeBase.create(path, fingerprint)
    try:
        options = IngestOptions(
            ingest=settings.ingest, splitter=settings.splitter, allow_removals=True, progress=True
        )
        for source, reason in ingest_folder(folder, kb, embeddings, options).failed:
            logger.warning("%s can't be read: %s", source, reason)
    except BaseException:
        kb.close()
        raise
    return kb


def _with_blocks(document: EvalDocument) -> DocumentText:
    if not isinstance(document, FaqDocument):
        return DocumentText(document.text, ())
    lines = PairLines(1, document.phrasings)
    return DocumentText(document.text, (Block(0, len(document.text), "faq", pair_lines=lines),))


def contents_digest(contents: Contents) -> str:
    """The SHA-256 (hex) of all that can be answered from: its passages, by place and content."""
    digest = hashlib.sha256(repr(contents.glossary).encode())
    for source in sorted({each.source for each in contents.documents()}):
        for passage in contents.document_passages(source):
            digest.update(f"{source}\n{passage.id}\n{passage.metadata.get('context', '')}\n".encode())
    return digest.hexdigest()


def _stored(document: EvalDocument) -> NewDocument:
    data = document.text.encode("utf-8", "surrogatepass")
    return NewDocument(
        source=document.id,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        mtime_ns=0,
        parser=ROOT,
        text=document.text,
        title=document.title,
        lang=language_of(document.text),
    )
