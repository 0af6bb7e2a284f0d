"""The files of a folder: what is read, what is skipped and why."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ingest.parsers import KNOWN_SUFFIXES, why_unknown
from rag.errors import IngestError
from rag.filter import compile_glob
from rag.knowledge_base.catalogue.schema import CATALOGUE

GLOSSARY = "terms.txt"
_BLOCK = 1 << 20  # bytes read at a time


class SourceFile(NamedTuple):
    """A file to be read. ``source`` is its path relative to the root, with forward slashes."""

    source: str
    path: Path
    size: int  # bytes
    mtime_ns: int

    @property
    def suffix(self) -> str:
        """The file's type, lower case, with its dot."""
        return self.path.suffix.lower()


def digest_file(path: Path) -> str:
    """SHA-256 of a file, or "" if it can't be read (reading it will say why)."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


class Notice(NamedTuple):
    """Something to tell about a file or folder."""

    source: str
    reason: str


@dataclass(slots=True)
class Corpus:
    """What a folder holds, each list in order of source.

    ``unreadable`` are folders (as sources) that couldn't be listed: nothing is known about what they hold.
    """

    files: list[SourceFile] = field(default_factory=list)
    glossary: SourceFile | None = None
    skipped: list[Notice] = field(default_factory=list)
    failed: list[Notice] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def walk_folder(
    folder: Path, include: Sequence[str] = (), exclude: Sequence[str] = (), leave_out: Sequence[Path] = ()
) -> Corpus:
    """List a folder's documents.

    Hidden files, editors' and Office's lock files, folders of ``leave_out`` (the knowledge base may lie in
    the root) and other knowledge bases are passed over. Links are read if they lead to a file inside the
    folder, else skipped.

    Args:
        folder: the root.
        include: globs; if there are any, only files that match one are documents.
        exclude: globs; files that match one are no documents, whatever ``include`` says. A glob without a
            slash is for names anywhere (``*.md``, ``drafts``), one with a slash for paths from the root on
            (``hr/**/*.pdf``, ``hr/``); what matches a folder matches all in it.
        leave_out: folders that are no part of the corpus.

    Raises:
        IngestError: the folder isn't there, isn't a folder, is a knowledge base or can't be listed.
    """
    if not folder.exists():
        raise IngestError(f"there is no folder {folder}; name the folder that holds your documents")
    if not folder.is_dir():
        raise IngestError(f"{folder} is a file; name the folder that holds your documents")
    root = folder.resolve()
    left_out = {str(path.resolve()) for path in leave_out}
    if str(root) in left_out or (root / CATALOGUE).is_file():
        raise IngestError(
            f"{folder} is the knowledge base itself, which can't be the folder of the documents as well; "
            "name another folder with --kb"
        )
    wanted, unwanted = [_compile(each) for each in include], [_compile(each) for each in exclude]
    corpus = Corpus()
    for entry, source in _entries(root, "", corpus, left_out):
        if source == GLOSSARY and entry.is_file(follow_symlinks=False):
            info = entry.stat()
            corpus.glossary = SourceFile(source, Path(entry.path), info.st_size, info.st_mtime_ns)
        elif not (wanted and not _matches(source, wanted)) and not _matches(source, unwanted):
            _sort_in(entry, source, root, corpus)
    corpus.files.sort()
    corpus.skipped.sort()
    corpus.failed.sort()
    return corpus


def _entries(
    folder: Path, prefix: str, corpus: Corpus, left_out: set[str]
) -> Iterator[tuple[os.DirEntry[str], str]]:
    """The files below a folder and the links in it, depth first, without recursion."""
    pending = [(str(folder), prefix)]
    while pending:
        path, prefix = pending.pop()
        try:
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if not prefix:
                raise IngestError(f"the folder {path} can't be listed: {error.strerror}") from error
            corpus.failed.append(Notice(prefix, f"the folder can't be listed: {error.strerror}"))
            corpus.unreadable.append(prefix)
            continue
        if prefix and any(entry.name == CATALOGUE for entry in entries):
            corpus.skipped.append(Notice(prefix, "a knowledge base"))
            continue
        for entry in entries:
            if _is_passed_over(entry.name) or entry.path in left_out:
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, f"{prefix}{entry.name}/"))
            else:
                yield entry, prefix + entry.name


def _is_passed_over(name: str) -> bool:
    return (
        name.startswith((".", "~$", ".~lock")) or name.endswith(("~", ".swp", ".tmp")) or name == "__MACOSX"
    )


def _sort_in(entry: os.DirEntry[str], source: str, root: Path, corpus: Corpus) -> None:
    printable = source.encode("utf-8", "replace").decode()
    if printable != source:
        corpus.failed.append(Notice(printable, "its name isn't valid UTF-8; rename it"))
        return
    target = Path(entry.path)
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(root):
            corpus.skipped.append(Notice(source, "a link that leads out of the folder"))
            return
        if target.is_dir():
            corpus.skipped.append(Notice(source, "a link to a folder that is read under its own name"))
            return
    suffix = Path(entry.name).suffix
    if suffix.lower() not in KNOWN_SUFFIXES:
        corpus.skipped.append(Notice(source, why_unknown(suffix)))
        return
    try:
        info = entry.stat()
    except OSError as error:
        corpus.failed.append(Notice(source, f"it can't be read: {error.strerror}"))
        return
    if not stat.S_ISREG(info.st_mode):
        corpus.skipped.append(Notice(source, "not a regular file"))
        return
    corpus.files.append(SourceFile(source, Path(entry.path), info.st_size, info.st_mtime_ns))


def _matches(source: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return any(pattern.fullmatch(source) for pattern in patterns)


def _compile(glob: str) -> re.Pattern[str]:
    try:
        return compile_glob(glob)
    except ValueError as error:
        raise IngestError(str(error)) from error
