"""What a run of ingest did, for people and for programs."""

import json
from dataclasses import dataclass, field
from typing import Any

from ingest.document_report import document_record, points_of_attention
from ingest.reading.document import ReadDocument
from ingest.sources import Notice


@dataclass(slots=True)
class IngestReport:
    """One run. ``added``, ``changed``, ``renamed`` count documents that went in; others are in ``failed``.

    ``files`` are the files of known type in the folder, ``passages`` those the folder has afterwards.
    ``glossary`` is its source and how many entries it has, or None. ``left`` counts documents that a stopped
    run didn't come to, ``documents`` are the records of those that were read (``document_record``), and with
    ``discarded`` nothing of it all was published.
    """

    folder: str
    files: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    renamed: int = 0
    unchanged: int = 0
    passages: int = 0
    failed: list[Notice] = field(default_factory=list)
    skipped: list[Notice] = field(default_factory=list)
    seconds: float = 0.0
    glossary: dict[str, Any] | None = None
    generation: int | None = None
    dry_run: bool = False
    interrupted: bool = False
    left: int = 0
    documents: list[dict[str, Any]] = field(default_factory=list)
    discarded: bool = False

    def count(self, read: ReadDocument, *, is_new: bool, failed_again: bool = False) -> None:
        """Note a document that was read. One that failed before and could be read now counts as changed."""
        document = read.document
        change = "added" if is_new else "unchanged" if failed_again else "changed"
        self.documents.append(document_record(read, change))
        if document.status == "failed":
            self.failed.append(Notice(document.source, document.problem or "it can't be read"))
            return
        if is_new:
            self.added += 1
        else:
            self.changed += 1

    @property
    def attention(self) -> list[Notice]:
        """What is worth a look in documents that were read."""
        read = (each for each in self.documents if each["status"] == "ok")
        return [notice for record in read for notice in points_of_attention(record)]

    @property
    def exit_status(self) -> int:
        """0: all is well; 3: some failed, the rest went in; 1: nothing went in; 130: stopped."""
        if self.interrupted:
            return 130
        if not self.failed:
            return 0
        if self.discarded:
            return 1
        return 3 if self.added + self.changed + self.renamed + self.unchanged else 1

    def to_json(self) -> str:
        """The report as one JSON object on one line."""
        counts = ("files", "added", "changed", "removed", "renamed", "unchanged", "passages")
        notices = ("failed", "skipped")
        fields: dict[str, Any] = {name: getattr(self, name) for name in counts}
        fields |= {name: [each._asdict() for each in getattr(self, name)] for name in notices}
        fields |= {
            "repeated_passages": sum(each.get("repeated_passages", 0) for each in self.documents),
            "documents": self.documents,
            "seconds": round(self.seconds, 3),
            "glossary": self.glossary,
            "generation": self.generation,
            "interrupted": self.interrupted,
            "left": self.left,
        }
        return json.dumps(fields, ensure_ascii=False)

    def to_text(self) -> str:
        """The report as a few lines."""
        counts = ", ".join(
            f"{getattr(self, name)} {name}"
            for name in ("added", "changed", "removed", "renamed", "unchanged")
        )
        lines = [f"{self.folder}: {_plural(self.files, 'file')}: {counts}"]
        if self.failed:
            lines[0] += f", {len(self.failed)} failed"
        lines.append(f"{_plural(self.passages, 'passage')}, {self.seconds:.1f} s")
        if repeated := sum(each.get("repeated_passages", 0) for each in self.documents):
            lines.append(f"{_plural(repeated, 'passage')} repeated elsewhere; found once")
        if self.glossary is not None:
            lines.append(f"glossary: {self.glossary['source']}, {_plural(self.glossary['entries'], 'line')}")
        for title, notices in (
            ("failed", self.failed),
            ("skipped", self.skipped),
            ("worth a look", self.attention),
        ):
            if notices:
                lines.append(f"{title}:")
                lines.extend(f"  {printable(source)}: {printable(reason)}" for source, reason in notices)
        if self.discarded:
            lines.append("some files failed: nothing was published (--strict)")
        if self.dry_run:
            lines.append("dry run: nothing was changed")
        if self.interrupted:
            left = _plural(self.left, "document")
            lines.append(f"stopped: {left} left; `python -m ingest {self.folder}` goes on")
        return "\n".join(lines)


def printable(text: str) -> str:
    """The text with escapes for what a terminal would obey: file names may hold anything."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
