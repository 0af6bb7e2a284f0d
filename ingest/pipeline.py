"""From a folder to the knowledge base: compare, read, split, embed, store, publish.

Documents stream through in small batches, so memory depends on the largest document and the batch, not on
the folder. Each document is written in one transaction; what is written becomes visible when it is published,
at the end and now and then before, so that a run that is stopped loses little and the next goes on from it.
"""

import logging
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from langchain_core.embeddings import Embeddings

from ingest.document_report import note_repetition
from ingest.embedding import embed_new
from ingest.plan import IngestOptions, Plan, make_plan
from ingest.progress import Progress
from ingest.reading.document import ReadDocument
from ingest.report import IngestReport
from ingest.sources import Notice
from rag.errors import IngestError
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, StoredDocument, Writer

logger = logging.getLogger(__name__)

_BATCH_PASSAGES = 256  # a batch of documents is embedded when it has so many passages,
_BATCH_DOCUMENTS = 64  # or so many documents
_MOST_UNPUBLISHED = 2000  # passages: about a second of publishing, which Ctrl-C has to wait for


def ingest_folder(
    folder: Path, kb: KnowledgeBase, embeddings: Embeddings, options: IngestOptions | None = None
) -> IngestReport:
    """Bring the knowledge base up to date with a folder.

    Ctrl-C stops at once: what is finished is published, and the report says how much is left.

    Args:
        folder: the root of the documents.
        kb: the knowledge base, open.
        embeddings: the embedder the knowledge base was made with; asked only if there is something new.
        options: by default, everything in the folder.

    Raises:
        IngestError: the folder isn't there, holds no documents, or has lost most of those it had.
        KnowledgeBaseBusy: another process is writing to the knowledge base.
    """
    return _Run(folder, kb, embeddings, options or IngestOptions()).go()


class _Run:
    """One run of ``ingest_folder``."""

    def __init__(
        self, folder: Path, kb: KnowledgeBase, embeddings: Embeddings, options: IngestOptions
    ) -> None:
        self._folder = folder
        self._kb = kb
        self._embeddings = embeddings
        self._options = options
        self._started = time.perf_counter()
        self._published = self._started
        self._unpublished = 0  # passages
        self._rebuilding = options.rebuild

    def go(self) -> IngestReport:
        with self._kb.writer() as writer:
            if not self._options.rebuild:
                writer.check_embedder()
                self._rebuilding = writer.rebuilding
            report = self._rebuild(writer) if self._rebuilding else self._update(writer, self._folder)
            if self._options.strict and report.failed and not report.interrupted:
                writer.discard()
                report.discarded = True
            # An unfinished rebuild stays unpublished: readers keep the old passages until the new are whole.
            if not (report.interrupted and (self._rebuilding or self._options.strict)):
                with finishing():
                    writer.publish()
        report.generation = self._kb.generation
        report.seconds = time.perf_counter() - self._started
        return report

    def _rebuild(self, writer: Writer) -> IngestReport:
        """Make everything anew: this folder, and the other roots that the knowledge base holds.

        A rebuild that was stopped is gone on with.
        """
        # Look first: a folder that isn't there must not cost its old documents.
        make_plan(self._folder, {}, self._options, self._kb.path)
        others = self._other_roots()
        if self._options.rebuild:
            writer.clear()
        else:
            logger.warning("going on with a rebuild that was stopped")
        report = self._update(writer, self._folder)
        self._options = replace(self._options, include=(), exclude=())
        for other in others:
            if report.interrupted:
                break
            logger.warning("rebuilding %s too, which the knowledge base also holds", other)
            again = self._update(writer, other)
            report.failed += [Notice(f"{other}/{source}", reason) for source, reason in again.failed]
            report.interrupted, report.left = again.interrupted, again.left
        return report

    def _other_roots(self) -> list[Path]:
        """The other roots that have documents.

        Raises:
            IngestError: one isn't there, so that a rebuild would lose its documents.
        """
        here = str(self._folder.expanduser().resolve())
        with self._kb.view(EVERYTHING).contents() as contents:
            others = sorted({each.root for each in contents.documents()} - {here})
        lost = [root for root in others if not Path(root).is_dir()]
        if lost and not self._options.allow_removals:
            raise IngestError(
                f"the knowledge base also holds documents of {', '.join(map(_describe_root, lost))}, which "
                "can't be read again; nothing was changed. If they are meant to go, add --allow-removals"
            )
        return [Path(root) for root in others if root not in lost]

    def _update(self, writer: Writer, folder: Path) -> IngestReport:
        """Bring one root up to date. Nothing is published."""
        root = writer.root(folder)
        known = writer.documents(root)
        plan = make_plan(folder, known, self._options, self._kb.path)
        report = plan.start_report()
        try:
            self._apply(writer, root, plan, report)
            self._read(writer, root, plan, known, report)
        except KeyboardInterrupt:
            read = report.added + report.changed + len(report.failed) - len(plan.corpus.failed)
            report.interrupted, report.left = True, max(0, len(plan.changes.to_read) - read)
        for record in report.documents if not report.interrupted else ():
            note_repetition(record, writer, root)
        report.passages = writer.passage_count(root)
        return report

    def _apply(self, writer: Writer, root: int, plan: Plan, report: IngestReport) -> None:
        """What needs no reading: the glossary, removals, renamings, new times."""
        writer.set_glossary(root, plan.glossary)
        for stored in plan.changes.removed:
            with finishing():
                writer.remove(root, stored.source)
                report.removed += 1
        for stored, file in plan.changes.renamed:
            with finishing():
                writer.rename(root, stored.source, file.source, file.mtime_ns)
                report.renamed += 1
        for file in plan.changes.touched:
            writer.touch(root, file.source, file.mtime_ns, file.size)

    def _read(
        self, writer: Writer, root: int, plan: Plan, known: Mapping[str, StoredDocument], report: IngestReport
    ) -> None:
        """Read, split, embed and store the new and changed documents."""
        files, new = plan.changes.to_read, plan.new_sources
        with (
            Progress(len(files), shown=self._options.progress) as progress,
            self._options.reading_pool() as pool,
        ):
            for batch in _batches(pool.read(files)):
                passages = [passage for each in batch for passage in each.passages]
                vectors = embed_new(writer, passages, self._embeddings, progress.add_passages)
                for each in batch:
                    source = each.document.source
                    failed_again = _failed_before(each, known.get(source))
                    with finishing():
                        if not failed_again:
                            writer.put(root, each.document, each.passages, vectors)
                            self._unpublished += len(each.passages)
                        report.count(each, is_new=source in new, failed_again=failed_again)
                    progress.add_documents(1)
                self._publish_now_and_then(writer)

    def _publish_now_and_then(self, writer: Writer) -> None:
        late = time.perf_counter() - self._published >= self._options.publish_every
        much = self._unpublished >= _MOST_UNPUBLISHED
        if (late or much) and not self._rebuilding and not self._options.strict:
            writer.publish()
            self._published, self._unpublished = time.perf_counter(), 0


@contextmanager
def finishing() -> Iterator[None]:
    """Let a short step finish: a Ctrl-C that comes within it raises ``KeyboardInterrupt`` right after it.

    Only the main thread gets signals; in another this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)
    if came:
        raise KeyboardInterrupt


def _batches(documents: Iterable[ReadDocument]) -> Iterator[list[ReadDocument]]:
    batch: list[ReadDocument] = []
    passages = 0
    for each in documents:
        batch.append(each)
        passages += len(each.passages)
        if len(batch) >= _BATCH_DOCUMENTS or passages >= _BATCH_PASSAGES:
            yield batch
            batch, passages = [], 0
    if batch:
        yield batch


def _describe_root(root: str) -> str:
    """A root in words: a folder that isn't there, or a name under which a program stored documents."""
    return f"the missing folder {root}" if Path(root).is_absolute() else f"a program ({root})"


def _failed_before(read: ReadDocument, stored: StoredDocument | None) -> bool:
    """Whether a file failed just as it failed the last time: then there is nothing new to write."""
    document = read.document
    if stored is None or stored.status != "failed" or document.status != "failed":
        return False
    now = (document.sha256, document.size, document.mtime_ns, document.problem, document.parser)
    return now == (stored.sha256, stored.size, stored.mtime_ns, stored.problem, stored.parser)
