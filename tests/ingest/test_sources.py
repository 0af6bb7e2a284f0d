"""Which files of a folder are documents."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ingest.sources import walk_folder
from rag.errors import IngestError

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]


def _sources(folder: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    return [file.source for file in walk_folder(folder, include, exclude).files]


def test_documents_are_found_in_order_with_forward_slashes(write_files: WriteFiles) -> None:
    folder = write_files({"b.md": "x", "a/z.PDF": "x", "a/人事/假期.docx": "x", "c.txt": "x"})

    assert _sources(folder) == ["a/z.PDF", "a/人事/假期.docx", "b.md", "c.txt"]


def test_hidden_and_lock_files_are_passed_over(write_files: WriteFiles) -> None:
    folder = write_files(
        {
            "a.md": "x",
            ".hidden.md": "x",
            ".git/b.md": "x",
            "~$a.docx": "x",
            ".~lock.a.docx#": "x",
            "a.md~": "x",
        }
    )
    corpus = walk_folder(folder)

    assert [file.source for file in corpus.files] == ["a.md"]
    assert corpus.skipped == corpus.failed == []


def test_unknown_types_are_skipped_with_a_reason(write_files: WriteFiles) -> None:
    corpus = walk_folder(write_files({"a.md": "x", "b.xyz": "x", "LICENSE": "x"}))

    assert {notice.source: notice.reason for notice in corpus.skipped} == {
        "b.xyz": "unknown type .xyz",
        "LICENSE": "no file type in its name",
    }


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (("*.md",), (), ["a.md", "hr/b.md", "hr/old/c.md"]),
        (("hr/*.md",), (), ["hr/b.md"]),
        (("hr/**/*.md",), (), ["hr/b.md", "hr/old/c.md"]),
        (("hr/",), (), ["hr/b.md", "hr/d.txt", "hr/old/c.md"]),
        (("*.md", "*.txt"), ("old",), ["a.md", "hr/b.md", "hr/d.txt"]),
        ((), ("hr/old/**",), ["a.md", "hr/b.md", "hr/d.txt"]),
        (("?.md",), ("[bc].md",), ["a.md"]),
        (("./a.md",), (), ["a.md"]),
        (("*.pdf",), (), []),
    ],
)
def test_globs_choose_documents(
    write_files: WriteFiles, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
) -> None:
    folder = write_files({"a.md": "x", "hr/b.md": "x", "hr/d.txt": "x", "hr/old/c.md": "x"})

    assert _sources(folder, include=include, exclude=exclude) == expected


def test_links_out_of_the_folder_are_not_followed(write_files: WriteFiles, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.md").write_text("secret")
    folder = write_files({"a.md": "x", "sub/b.md": "x"})
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "linked").symlink_to(tmp_path / "outside")
    (folder / "inside.md").symlink_to(folder / "a.md")
    (folder / "loop").symlink_to(folder)
    (folder / "terms.txt").symlink_to(tmp_path / "secret.md")

    corpus = walk_folder(folder)

    assert [file.source for file in corpus.files] == ["a.md", "inside.md", "sub/b.md"]
    assert corpus.glossary is None
    assert {notice.source: notice.reason for notice in corpus.skipped} == {
        "link.md": "a link that leads out of the folder",
        "linked": "a link that leads out of the folder",
        "loop": "a link to a folder that is read under its own name",
        "terms.txt": "a link that leads out of the folder",
    }


def test_dangling_link_and_pipe_are_reported_and_do_not_hang(write_files: WriteFiles) -> None:
    folder = write_files({"a.md": "x"})
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    os.mkfifo(folder / "pipe.md")

    corpus = walk_folder(folder)

    assert [notice.source for notice in corpus.failed] == ["gone.md"]
    assert [tuple(notice) for notice in corpus.skipped] == [("pipe.md", "not a regular file")]


def test_name_that_is_not_utf8_fails_with_a_reason(write_files: WriteFiles) -> None:
    folder = write_files({"a.md": "x"})
    Path(os.fsdecode(os.fsencode(folder) + b"/\xb2\xe2.md")).touch()

    corpus = walk_folder(folder)

    assert [file.source for file in corpus.files] == ["a.md"]
    assert [notice.reason for notice in corpus.failed] == ["its name isn't valid UTF-8; rename it"]


def test_glossary_and_knowledge_base_in_the_folder_are_no_documents(write_files: WriteFiles) -> None:
    folder = write_files({"a.md": "x", "terms.txt": "年假", "sub/terms.txt": "x", "kb/notes.txt": "x"})
    corpus = walk_folder(folder, leave_out=[folder / "kb"])

    assert [file.source for file in corpus.files] == ["a.md", "sub/terms.txt"]
    assert corpus.glossary is not None and corpus.glossary.source == "terms.txt"


def test_folder_that_is_not_there_or_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(IngestError, match="there is no folder"):
        walk_folder(tmp_path / "nowhere")
    with pytest.raises(IngestError, match="is a file"):
        walk_folder(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can list every folder")
def test_folder_that_cannot_be_listed_is_reported(write_files: WriteFiles) -> None:
    folder = write_files({"a.md": "x", "locked/b.md": "x"})
    (folder / "locked").chmod(0)
    try:
        corpus = walk_folder(folder)
    finally:
        (folder / "locked").chmod(0o755)

    assert corpus.unreadable == ["locked/"]
    assert [notice.source for notice in corpus.failed] == ["locked/"]


def test_knowledge_bases_are_never_read_as_documents(write_files: WriteFiles) -> None:
    folder = write_files(
        {"a.md": "x", "store/catalogue.sqlite": b"x", "store/dense/manifest.json": "{}", "b/c.json": "{}"}
    )
    corpus = walk_folder(folder)
    assert [file.source for file in corpus.files] == ["a.md", "b/c.json"]
    assert corpus.skipped == [("store/", "a knowledge base")]


def test_knowledge_base_cannot_be_the_folder_itself(write_files: WriteFiles) -> None:
    folder = write_files({"a.md": "x"})
    with pytest.raises(IngestError, match="is the knowledge base itself"):
        walk_folder(folder, leave_out=[folder])
    write_files({"catalogue.sqlite": b"x"})
    with pytest.raises(IngestError, match="is the knowledge base itself"):
        walk_folder(folder)
