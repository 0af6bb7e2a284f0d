"""What ingest would do, with nothing changed."""

import time
from pathlib import Path

from ingest.plan import IngestOptions, make_plan
from ingest.progress import Progress
from ingest.report import IngestReport
from rag.knowledge_base import KnowledgeBase


def preview_folder(
    folder: Path, kb: KnowledgeBase | None, options: IngestOptions | None = None
) -> IngestReport:
    """What ``ingest_folder`` would do. Files are read, so that those that would fail are known; nothing is
    embedded or written. ``kb`` is None where there is no knowledge base yet.

    Raises:
        IngestError: as ``ingest_folder`` does.
    """
    options = options or IngestOptions()
    started = time.perf_counter()
    root = str(folder.expanduser().resolve())
    known = {}
    if kb is not None and not options.rebuild:
        with kb.view({root}).contents() as contents:
            known = {each.source: each for each in contents.documents()}
    plan = make_plan(folder, known, options, kb.path if kb is not None else None)
    changes = plan.changes
    report = plan.start_report()
    report.dry_run = True
    report.removed, report.renamed = len(changes.removed), len(changes.renamed)
    kept = {file.source for file in changes.unchanged + changes.touched}
    kept |= {stored.source for stored, _ in changes.renamed}
    report.passages = sum(known[source].passages for source in kept)
    report.generation = kb.generation if kb is not None else None
    with Progress(len(changes.to_read), shown=options.progress) as progress, options.reading_pool() as pool:
        for read in pool.read(changes.to_read):
            report.count(read, is_new=read.document.source in plan.new_sources)
            report.passages += len(read.passages)
            progress.add_documents(1)
    report.seconds = time.perf_counter() - started
    return report
