"""What changed in a folder since the knowledge base last saw it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.parsers import parser_for, parser_name
from ingest.sources import Corpus, SourceFile, digest_file
from rag.errors import IngestError
from rag.knowledge_base import StoredDocument


@dataclass(slots=True)
class Changes:
    """The difference between a folder and what is stored of it. ``touched`` files have another time only."""

    unchanged: list[SourceFile] = field(default_factory=list)
    touched: list[SourceFile] = field(default_factory=list)
    added: list[SourceFile] = field(default_factory=list)
    changed: list[SourceFile] = field(default_factory=list)
    renamed: list[tuple[StoredDocument, SourceFile]] = field(default_factory=list)
    removed: list[StoredDocument] = field(default_factory=list)
    outdated: int = 0  # unchanged documents that another version of the parser or splitter has read

    @property
    def to_read(self) -> list[SourceFile]:
        """The files that must be read, in order."""
        return sorted(self.added + self.changed)


def find_changes(
    corpus: Corpus, known: Mapping[str, StoredDocument], splitter: str, *, ocr: bool = True
) -> Changes:
    """Compare a folder with what is stored of it.

    A file of the same size and time is unchanged; otherwise its bytes decide. A file that is new where
    another with the same bytes is missing was renamed. Files that couldn't be read last time are tried again,
    and so are those with pages left unread because recognition was off, if it is on now.

    Args:
        corpus: the folder.
        known: the stored documents by source.
        splitter: the fingerprint of the splitter in use.
        ocr: whether text in pictures is recognized.
    """
    changes = Changes()
    new: list[SourceFile] = []
    for file in corpus.files:
        stored = known.get(file.source)
        if stored is None:
            new.append(file)
        elif stored.status == "failed" or (ocr and _lacks_recognition(stored)):
            changes.changed.append(file)
        elif (stored.size, stored.mtime_ns) == (file.size, file.mtime_ns):
            changes.unchanged.append(file)
        elif stored.size == file.size and digest_file(file.path) == stored.sha256:
            changes.touched.append(file)
        else:
            changes.changed.append(file)
    sources = {file.source for file in corpus.files}
    missing = [
        stored
        for source, stored in known.items()
        if source not in sources and not source.startswith(tuple(corpus.unreadable))
    ]
    changes.renamed, changes.added = _find_renamed(missing, new)
    gone = {stored.source for stored, _ in changes.renamed}
    changes.removed = [stored for stored in missing if stored.source not in gone]
    changes.outdated = sum(
        _is_outdated(known[file.source], file, splitter) for file in changes.unchanged + changes.touched
    )
    return changes


def refuse_great_loss(changes: Changes, known: Mapping[str, StoredDocument], folder: Path) -> None:
    """Stop before most of a root is removed: more likely its share isn't mounted, or a filter is wrong.

    Raises:
        IngestError: more than half of the known documents are gone.
    """
    if 2 * len(changes.removed) > len(known):
        raise IngestError(
            f"{len(changes.removed)} of the {len(known)} known documents of {folder} are gone (is it "
            "mounted? did --include or --exclude change?); nothing was changed. "
            "If they are meant to go, add --allow-removals"
        )


def _find_renamed(
    missing: Iterable[StoredDocument], new: Iterable[SourceFile]
) -> tuple[list[tuple[StoredDocument, SourceFile]], list[SourceFile]]:
    """Pairs of a missing document and the new file that has its bytes, and the new files that are left."""
    by_size: dict[int, list[StoredDocument]] = defaultdict(list)
    for stored in missing:
        if stored.status == "ok":
            by_size[stored.size].append(stored)
    renamed: list[tuple[StoredDocument, SourceFile]] = []
    added: list[SourceFile] = []
    for file in new:
        candidates = by_size.get(file.size, [])
        digest = digest_file(file.path) if candidates else ""
        name = _parser_name(file)
        match = next((each for each in candidates if (each.sha256, each.parser) == (digest, name)), None)
        if match is None:
            added.append(file)
        else:
            candidates.remove(match)
            renamed.append((match, file))
    return renamed, added


def _lacks_recognition(stored: StoredDocument) -> bool:
    return stored.report.get("ocr") is False and bool(stored.report.get("pages_without_text"))


def _is_outdated(stored: StoredDocument, file: SourceFile, splitter: str) -> bool:
    return stored.parser != _parser_name(file) or stored.report.get("splitter") != splitter


def _parser_name(file: SourceFile) -> str:
    parser = parser_for(file.suffix)
    return parser_name(parser) if parser is not None else ""
