"""``python -m ingest DIR``: bring the knowledge base up to date with a folder.

The report goes to standard output, progress and logs to standard error. Exit status: 0 all is well; 3 some
files failed and the rest went in; 1 nothing could be done (one line says why), or --check found a difference;
2 wrong usage; 130 stopped.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ingest.checking import CheckReport, check_folder
from ingest.pipeline import ingest_folder
from ingest.plan import IngestOptions, make_plan
from ingest.preview import preview_folder
from ingest.report import IngestReport
from rag.build import build_embeddings
from rag.command_line import Config, Json, Kb, new_app, run
from rag.errors import KnowledgeBaseNotFound
from rag.knowledge_base import KnowledgeBase
from rag.settings import Settings, load_settings

app = new_app()


@app.command(
    epilog="Exit status: 0 fine, 3 some files failed and the rest went in, 1 nothing could be done or "
    "--check found a difference, 2 wrong usage, 130 stopped.",
)
def ingest(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that holds the documents")],
    include: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="read only files that match, as '*.md' or 'hr/**/*.pdf'; may be given several times",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB", help="leave out files and folders that match; may be given several times"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="change nothing, tell what would be done")
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="make everything anew: for another embedder or splitter")
    ] = False,
    allow_removals: Annotated[
        bool,
        typer.Option(
            "--allow-removals",
            help="go on even if more than half of the folder's known documents are gone",
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="change nothing; read the folder again and prove that the knowledge base stands for it",
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="publish nothing and exit with 1 if any file fails")
    ] = False,
    password: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD",
            help="a password to try on files that need one; may be given several times",
        ),
    ] = None,
    as_json: Json = False,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Bring the knowledge base up to date with a folder of documents.

    Afterwards it holds exactly the files of DIR that --include and --exclude let in: new ones are added,
    changed ones replaced, missing ones removed. A file terms.txt in DIR is its glossary: a word with its
    synonyms a line.
    """
    settings = load_settings(config, kb=kb)
    options = IngestOptions(
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        rebuild=rebuild,
        allow_removals=allow_removals,
        strict=strict,
        passwords=tuple(password or ()),
        ingest=settings.ingest,
        splitter=settings.splitter,
        progress=True,
    )
    path = settings.knowledge_base.path
    report: IngestReport | CheckReport
    if check:
        with KnowledgeBase.open(path) as knowledge_base:
            report = check_folder(folder, knowledge_base, options)
    elif dry_run:
        report = _preview(folder, path, options)
    else:
        report = _ingest(folder, settings, options)
    print(report.to_json() if as_json else report.to_text())
    return report.exit_status


def main(arguments: Sequence[str] | None = None, name: str = "python -m ingest") -> int:
    """Run the command line and return the exit status; ``name`` is what starts it."""
    return run(app, name, arguments)


def _ingest(folder: Path, settings: Settings, options: IngestOptions) -> IngestReport:
    path = settings.knowledge_base.path
    embeddings = build_embeddings(settings)
    if not options.rebuild and not _exists(path):
        make_plan(folder, {}, options, path)  # nothing is made for a folder that has nothing
    with KnowledgeBase.create(path, embeddings.fingerprint, rebuild=options.rebuild) as kb:
        return ingest_folder(folder, kb, embeddings, options)


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
