"""Proving that a knowledge base stands for a folder: disk = catalogue = vectors = lexical index."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ingest.plan import IngestOptions, read_glossary
from ingest.report import printable
from ingest.sources import Corpus, Notice, digest_file, walk_folder
from rag.errors import IngestError
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, StoredDocument, VerifyReport
from rag.text.analysis import Glossary

_VERIFIED = ("documents", "passages", "vectors", "dense_rows", "lexical_rows", "generation", "behind")


@dataclass(slots=True)
class CheckReport:
    """What ``check_folder`` found. ``differences`` are between disk and catalogue.

    ``same`` files are in the catalogue with the very bytes they have on disk; ``failed`` ones too, but could
    not be read when they were ingested, so that nothing can be found of them.
    """

    folder: str
    files: int
    same: int = 0
    failed: list[Notice] = field(default_factory=list)
    differences: list[Notice] = field(default_factory=list)
    verified: VerifyReport | None = None

    @property
    def exit_status(self) -> int:
        """0 if all agrees, else 1."""
        return 0 if self.ok else 1

    @property
    def ok(self) -> bool:
        """Whether disk, catalogue and indexes agree."""
        return not self.differences and self.verified is not None and self.verified.ok

    def to_json(self) -> str:
        """The report as one JSON object on one line."""
        verified = self.verified
        counts: dict[str, Any] = {"ok": self.ok, "files": self.files, "same": self.same}
        for name in ("failed", "differences"):
            counts[name] = [each._asdict() for each in getattr(self, name)]
        if verified is not None:
            counts |= {name: getattr(verified, name) for name in _VERIFIED}
            counts["problems"] = list(verified.problems)
        return json.dumps(counts, ensure_ascii=False)

    def to_text(self) -> str:
        """The report as a few lines."""
        lines = [
            f"{self.folder}: {self.files} files on disk, {self.same} in the catalogue with the same bytes, "
            f"{len(self.failed)} that could not be read, {len(self.differences)} differences"
        ]
        lines += [f"  {printable(source)}: {reason}" for source, reason in self.differences]
        if self.failed:
            lines.append("in the catalogue, but could not be read:")
            lines += [f"  {printable(source)}: {reason}" for source, reason in self.failed]
        if (verified := self.verified) is not None:
            lines.append(
                f"knowledge base: {verified.documents} documents, {verified.passages} passages, "
                f"{verified.vectors} vectors, {verified.dense_rows} in the dense index, "
                f"{verified.lexical_rows} in the lexical index"
            )
            lines += [f"  PROBLEM  {problem}" for problem in verified.problems]
            if verified.behind:
                lines.append(f"behind: unpublished work; `python -m ingest {self.folder}` finishes it")
        lines.append("ok: disk and knowledge base agree" if self.ok else "NOT ok")
        return "\n".join(lines)


def check_folder(folder: Path, kb: KnowledgeBase, options: IngestOptions | None = None) -> CheckReport:
    """Read every file of the folder again and compare it with the catalogue, then verify the knowledge base.

    Changes nothing. ``options`` should let in the files that the last run did.

    Raises:
        IngestError: the folder isn't there, or nothing was ever ingested from it.
        KnowledgeBaseBusy: another process is writing.
    """
    options = options or IngestOptions()
    corpus = walk_folder(folder, options.include, options.exclude, [kb.path])
    root = str(folder.expanduser().resolve())
    with kb.view(EVERYTHING).contents() as contents:
        roots, glossary = contents.roots(), contents.glossary
    with kb.view({root}).contents() as contents:
        known = {each.source: each for each in contents.documents()}
    if root not in roots:
        raise IngestError(
            f"nothing was ever ingested from {folder} into the knowledge base {kb.path}; "
            f"run `python -m ingest {folder} --kb {kb.path}`"
        )
    report = CheckReport(str(folder), len(corpus.files))
    _compare(corpus, known, report, shown=options.progress)
    _compare_glossary(corpus, glossary, report)
    report.verified = kb.verify()
    return report


def _compare(corpus: Corpus, known: dict[str, StoredDocument], report: CheckReport, *, shown: bool) -> None:
    total = sum(file.size for file in corpus.files)
    with tqdm(total=total, unit="B", unit_scale=True, file=sys.stderr, disable=not shown) as bar:
        for file in corpus.files:
            stored = known.pop(file.source, None)
            digest = digest_file(file.path)
            bar.update(file.size)
            if not digest:
                report.differences.append(Notice(file.source, "it can't be read now"))
            elif stored is None:
                report.differences.append(Notice(file.source, "on disk, but not in the catalogue"))
            elif digest != stored.sha256:
                report.differences.append(Notice(file.source, "it has changed since it was ingested"))
            elif stored.status == "failed":
                report.failed.append(Notice(file.source, stored.problem or "it can't be read"))
            else:
                report.same += 1
    report.differences += corpus.failed
    gone = "in the catalogue, but no longer on disk (or not let in)"
    report.differences += [Notice(source, gone) for source in sorted(known)]


def _compare_glossary(corpus: Corpus, stored: Glossary, report: CheckReport) -> None:
    missing = [group for group in Glossary.parse(read_glossary(corpus)).groups if group not in stored.groups]
    if missing and corpus.glossary is not None:
        words = ", ".join(missing[0])
        report.differences.append(
            Notice(corpus.glossary.source, f"{len(missing)} of its lines aren't in use, the first: {words}")
        )
