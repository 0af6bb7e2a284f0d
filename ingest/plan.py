"""What a run is going to do: the folder compared with what is stored of it, and reasons not to go on."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.changes import Changes, find_changes, refuse_great_loss
from ingest.parsers import KNOWN_SUFFIXES
from ingest.parsers.encoding import decode
from ingest.reading.pool import ReadingPool
from ingest.reading.process import ReadingLimits, ReadingOptions
from ingest.report import IngestReport
from ingest.sources import Corpus, walk_folder
from ingest.splitter import PassageSplitter
from rag.errors import IngestError
from rag.knowledge_base import StoredDocument
from rag.settings import IngestSettings, SplitterSettings
from rag.text.analysis import Glossary

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How a folder is ingested; the command line's flags under the same names.

    A run makes the knowledge base hold exactly the folder's files that ``include`` and ``exclude`` let in.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rebuild: bool = False
    allow_removals: bool = False
    strict: bool = False  # publish nothing if a file fails
    passwords: tuple[str, ...] = ()  # tried on files that need one
    ingest: IngestSettings = field(default_factory=IngestSettings)
    splitter: SplitterSettings = field(default_factory=SplitterSettings)
    publish_every: float = 20.0  # seconds, or 2,000 passages if that is sooner
    progress: bool = False  # a bar on standard error

    def reading_pool(self) -> ReadingPool:
        """The processes that read files as these options say."""
        limits = ReadingLimits(
            seconds=self.ingest.seconds_per_file,
            page_seconds=self.ingest.seconds_per_page,
            memory=self.ingest.memory_mb << 20,
            characters=self.ingest.max_characters,
        )
        splitter = (self.splitter.target_tokens, self.splitter.max_tokens)
        options = ReadingOptions(splitter, self.passwords, self.ingest.ocr, limits)
        return ReadingPool(options, self.ingest.workers)

    def make_splitter(self) -> PassageSplitter:
        """The splitter that the settings describe."""
        return PassageSplitter(self.splitter.target_tokens, self.splitter.max_tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is and what changed. ``glossary`` is its text, empty if there is none."""

    folder: Path
    corpus: Corpus
    changes: Changes
    glossary: str

    def start_report(self) -> IngestReport:
        """A report that counts what is known before anything is read."""
        entries = {"source": "terms.txt", "entries": len(Glossary.parse(self.glossary).groups)}
        return IngestReport(
            folder=str(self.folder),
            files=len(self.corpus.files),
            unchanged=len(self.changes.unchanged) + len(self.changes.touched),
            failed=list(self.corpus.failed),
            skipped=list(self.corpus.skipped),
            glossary=entries if self.glossary else None,
        )

    @property
    def new_sources(self) -> frozenset[str]:
        """The sources of the files that weren't known before."""
        return frozenset(file.source for file in self.changes.added)


def make_plan(
    folder: Path, known: Mapping[str, StoredDocument], options: IngestOptions, leave_out: Path | None
) -> Plan:
    """Compare a folder with the documents that are known of it, by source.

    Args:
        folder: the root.
        known: what is stored of it.
        options: which files count, and whether great losses are meant.
        leave_out: where the knowledge base lies, which is no part of the folder.

    Raises:
        IngestError: the folder isn't there, holds no documents, or has lost most of those it had.
    """
    corpus = _list_folder(folder, known, options, leave_out)
    if not known:
        _refuse_empty(folder, corpus)
    splitter = options.make_splitter().fingerprint
    changes = find_changes(corpus, known, splitter, ocr=options.ingest.ocr)
    if not options.allow_removals:
        refuse_great_loss(changes, known, folder)
    if changes.outdated:
        logger.warning(
            "%d unchanged documents were read by another version of a parser or split by another splitter; "
            "`python -m ingest %s --rebuild` makes them anew",
            changes.outdated,
            folder,
        )
    return Plan(folder, corpus, changes, read_glossary(corpus))


def _list_folder(
    folder: Path, known: Mapping[str, StoredDocument], options: IngestOptions, leave_out: Path | None
) -> Corpus:
    """What the folder holds: nothing if it is gone and its documents are meant to go too."""
    if known and not folder.exists():
        if options.allow_removals:
            return Corpus()
        raise IngestError(
            f"there is no folder {folder}, of which {len(known)} documents are known; nothing was changed. "
            "If they are meant to go, add --allow-removals"
        )
    return walk_folder(folder, options.include, options.exclude, [leave_out] if leave_out else [])


def _refuse_empty(folder: Path, corpus: Corpus) -> None:
    if not corpus.files:
        others = f" ({len(corpus.skipped)} files of other types)" if corpus.skipped else ""
        raise IngestError(
            f"{folder} holds no documents{others}, or none that --include and --exclude let in; nothing was "
            "ingested. "
            f"Known types: {' '.join(KNOWN_SUFFIXES)}"
        )


def read_glossary(corpus: Corpus) -> str:
    """The text of the folder's glossary; empty if it has none.

    Raises:
        IngestError: it can't be read.
    """
    file = corpus.glossary
    if file is None:
        return ""
    try:
        return decode(file.path.read_bytes()).text
    except OSError as error:
        raise IngestError(
            f"the glossary {file.path} can't be read: {error.strerror}; mend or remove it"
        ) from error
    except IngestError as error:
        raise IngestError(f"the glossary {file.path} can't be read: {error}; save it as UTF-8") from error
