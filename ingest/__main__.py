"""``python -m ingest DIR``: bring the knowledge base up to date with a folder.

The report goes to standard output, progress and logs to standard error. Exit status: 0 all is well; 3 some
files failed and the rest went in; 1 nothing could be done (one line says why), or --check found a difference;
2 wrong usage; 130 stopped.
"""

import argparse
import logging
import sys
from pathlib import Path

from ingest.checking import CheckReport, check_folder
from ingest.pipeline import ingest_folder
from ingest.plan import IngestOptions, make_plan
from ingest.preview import preview_folder
from ingest.report import IngestReport
from rag.build import build_embeddings
from rag.errors import KnowledgeBaseNotFound, RagError
from rag.knowledge_base import KnowledgeBase
from rag.settings import Settings, load_settings


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    args = build_parser().parse_args(argv)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = load_settings(args.config)
        if args.kb is not None:
            settings = settings.override("knowledge_base", path=args.kb)
        report = _run(args, settings)
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    print(report.to_json() if args.json else report.to_text())
    return report.exit_status


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Bring the knowledge base up to date with a folder of documents. Afterwards it holds "
        "exactly the files of DIR that --include and --exclude let in: new ones are added, changed ones "
        "replaced, missing ones removed. A file terms.txt in DIR is its glossary: a word with its synonyms "
        "a line.",
        epilog="exit status: 0 fine, 3 some files failed and the rest went in, 1 nothing could be done or "
        "--check found a difference, 2 wrong usage, 130 stopped",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that holds the documents")
    parser.add_argument("--kb", type=Path, metavar="KB", help="the knowledge base (default: .wenju)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: rag.toml)")
    parser.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="GLOB",
        help="read only files that match, as '*.md' or 'hr/**/*.pdf'; may be given several times",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="leave out files and folders that match; may be given several times",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing, tell what would be done")
    parser.add_argument(
        "--rebuild", action="store_true", help="make everything anew: for another embedder or splitter"
    )
    parser.add_argument(
        "--allow-removals",
        action="store_true",
        help="go on even if more than half of the folder's known documents are gone",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing; read the folder again and prove that the knowledge base stands for it",
    )
    parser.add_argument(
        "--strict", action="store_true", help="publish nothing and exit with 1 if any file fails"
    )
    parser.add_argument(
        "--password",
        action="append",
        default=[],
        metavar="WORD",
        help="a password to try on files that need one; may be given several times",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    return parser


def _run(args: argparse.Namespace, settings: Settings) -> IngestReport | CheckReport:
    path = settings.knowledge_base.path
    options = IngestOptions(
        include=tuple(args.include),
        exclude=tuple(args.exclude),
        rebuild=args.rebuild,
        allow_removals=args.allow_removals,
        strict=args.strict,
        passwords=tuple(args.password),
        ingest=settings.ingest,
        splitter=settings.splitter,
        progress=True,
    )
    if args.check:
        with KnowledgeBase.open(path) as kb:
            return check_folder(args.folder, kb, options)
    if args.dry_run:
        return _preview(args.folder, path, options)

    embeddings = build_embeddings(settings)
    if not args.rebuild and not _exists(path):
        make_plan(args.folder, {}, options, path)  # nothing is made for a folder that has nothing
    with KnowledgeBase.create(path, embeddings.fingerprint, rebuild=args.rebuild) as kb:
        return ingest_folder(args.folder, kb, embeddings, options)


def _preview(folder: Path, path: Path, options: IngestOptions) -> IngestReport:
    try:
        kb = KnowledgeBase.open(path)
    except KnowledgeBaseNotFound:
        return preview_folder(folder, None, options)
    with kb:
        return preview_folder(folder, kb, options)


def _exists(path: Path) -> bool:
    try:
        KnowledgeBase.open(path).close()
    except KnowledgeBaseNotFound:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
