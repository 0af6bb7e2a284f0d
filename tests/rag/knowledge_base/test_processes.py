"""Several processes on one knowledge base."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from rag.errors import KnowledgeBaseBusy
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, Writer

Put = Callable[[Writer, str, str], None]
Found = Callable[[KnowledgeBase], set[str]]

CHILD = """
import sys
import tempfile
from pathlib import Path
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase

with KnowledgeBase.open(Path(sys.argv[1])) as kb:
    lock = None
    for line in sys.stdin:
        if line == "write\\n":
            lock = kb.writer()
            lock.__enter__()
            print("writing", flush=True)
        else:
            with kb.view(EVERYTHING).snapshot() as snapshot:
                found = snapshot.passages([each for each, _ in snapshot.search_lexical(line, 100)])
            print(kb.generation, sorted({each.page_content for each in found}), flush=True)
"""


@contextmanager
def asking(knowledge_base: KnowledgeBase) -> Iterator[Callable[[str], str]]:
    """Another process that has the knowledge base open and answers one line with one line."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(knowledge_base.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    stdin, stdout = child.stdin, child.stdout

    def ask(line: str) -> str:
        stdin.write(f"{line}\n")
        stdin.flush()
        return stdout.readline().rstrip("\n")

    with stdin, stdout:
        try:
            yield ask
        finally:
            child.kill()
            child.wait()


@pytest.mark.processes
def test_reader_in_another_process_sees_each_generation_whole(filled: KnowledgeBase, put: Put) -> None:
    with asking(filled) as ask:
        assert ask("office") == "1 ['The office is closed on Friday.']"
        with filled.writer() as writer:
            put(writer, "notice.md", "The office is open.")
            put(writer, "second.md", "A second office.")
            assert ask("office") == "1 ['The office is closed on Friday.']"
            writer.publish()
            assert ask("office") == "2 ['A second office.', 'The office is open.']"
            writer.remove(writer.root("/docs"), "notice.md")
            writer.publish()
        assert ask("office") == "3 ['A second office.']"
        assert ask("write") == "writing"
        with pytest.raises(KnowledgeBaseBusy), filled.writer():
            pass
    with filled.writer(timeout=10):  # its lock died with it
        pass


def test_threads_never_see_half_a_generation(
    knowledge_base: KnowledgeBase, put: Put, caplog: pytest.LogCaptureFixture
) -> None:
    """Every document is rewritten in every generation; a mixture would show two turns at once."""
    found: list[set[str]] = []
    failures: list[BaseException] = []
    done = False

    def read() -> None:
        try:
            while not done:
                with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
                    hits = snapshot.search_lexical("turn", 100)
                    passages = snapshot.passages([each for each, _ in hits])
                    found.append({each.page_content for each in passages})
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    with knowledge_base.writer() as writer:
        for turn in range(12):
            for document in range(3):
                put(writer, f"{document}.md", f"document {document} turn {turn}")
            writer.publish()
    done = True
    for thread in threads:
        thread.join()
    assert not failures
    assert not [each for each in caplog.records if each.name.startswith("rag.")]  # no index was made anew
    assert len(found) > 12
    for texts in found:
        assert len({text.split()[-1] for text in texts}) <= 1
        assert len(texts) in (0, 3)


READ_ONLY = """
import logging, os, sys
from pathlib import Path
from rag.errors import KnowledgeBaseError
from rag.filter import EVERYTHING
from rag.knowledge_base import (KnowledgeBase)
from rag.text.analysis import Analyzer

Analyzer().terms("读词典"), Analyzer().digest  # read what only root may
if os.geteuid() == 0:
    os.setuid(65534)  # for root every folder can be written to
logging.basicConfig(level=logging.WARNING, format="%(message)s")
with KnowledgeBase.open(Path(sys.argv[1])) as kb:
    with kb.view(EVERYTHING).snapshot() as snapshot:
        found = snapshot.search_lexical("office", 5)
    print(len(found), kb.verify().ok)
    try:
        with kb.writer():
            pass
    except KnowledgeBaseError as error:
        print(error)
"""


@pytest.mark.processes
def test_folder_that_cannot_be_written_to_is_searched(filled: KnowledgeBase) -> None:
    filled.close()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "kb"
        shutil.copytree(filled.path, folder)
        Path(name).chmod(0o755)
        for place in (folder, *folder.rglob("*")):
            place.chmod(0o555 if place.is_dir() else 0o444)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(folder)], capture_output=True, text=True, check=False
        )
        for place in (folder, *folder.rglob("*")):
            place.chmod(0o755)
    lines = done.stdout.splitlines()
    assert (lines[:1], done.stderr) == (["1 True"], "")
    assert lines[1].startswith(f"can't write to the knowledge base {folder}: Permission denied")
