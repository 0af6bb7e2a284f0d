"""Interrupted at any step, publication leaves one generation for readers and is finished by the next run."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.knowledge_base import KnowledgeBase, Writer, publication
from rag.knowledge_base.catalogue import insertion
from rag.knowledge_base.indexes import faiss_index, tantivy_index
from tests.reading import seen

Put = Callable[[Writer, str, str], None]
Found = Callable[[KnowledgeBase], set[str]]

OLD = {
    "员工每年有十天年假。",
    "年假须提前三天申请。",
    "The AB-1200/X has three ports.",
    "Reset it with the red button.",
    "The office is closed on Friday.",
}
NEW = {
    "员工每年有十五天年假。",
    "Reset it with the red button.",
    "The AB-1200/X has three ports.",
    "新的公告。",
}


class PowerFailureError(BaseException):
    """Nothing in the product catches this."""


def failing(step: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def stand_in(*arguments: Any, **options: Any) -> Any:
        if after:
            step(*arguments, **options)
        raise PowerFailureError

    return stand_in


STEPS: list[tuple[Any, str]] = [
    (faiss_index, "write_segment"),
    (faiss_index, "write_manifest"),
    (tantivy_index, "write_index"),
    (tantivy_index, "write_manifest"),
    (publication, "_bump"),
    (faiss_index.FaissIndex, "let_go"),
    (tantivy_index.TantivyIndex, "let_go"),
    (publication, "_purge"),
]


def change(writer: Writer, put: Put) -> None:
    put(writer, "leave.md", "员工每年有十五天年假。")
    put(writer, "new.md", "to be replaced before it is ever seen")
    put(writer, "new.md", "新的公告。")
    writer.remove(writer.root("/docs"), "notice.md")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("module", "step"), STEPS, ids=[f"{module.__name__} {step}" for module, step in STEPS]
)
def test_interrupted_publication_is_behind_and_then_finished(
    filled: KnowledgeBase,
    put: Put,
    found: Found,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    step: str,
    after: bool,
) -> None:
    with monkeypatch.context() as patch, filled.writer() as writer:
        change(writer, put)
        patch.setattr(module, step, failing(getattr(module, step), after=after))
        with pytest.raises(PowerFailureError):
            writer.publish()
    with KnowledgeBase.open(filled.path) as reader:
        expected = OLD if reader.generation == 1 else NEW
        assert found(reader) == found(filled) == expected
        report = reader.verify()
        assert report.ok, report.problems
        assert report.behind or (step, after) == ("_purge", True)
        with reader.writer() as writer:
            writer.publish()
        assert found(reader) == found(filled) == NEW
        report = reader.verify()
        assert report.ok, report.problems
        assert not report.behind
        assert (report.documents, report.passages, report.vectors) == (3, 4, 4)


def test_interrupted_change_can_itself_be_changed(
    filled: KnowledgeBase, put: Put, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, filled.writer() as writer:
        change(writer, put)
        patch.setattr(publication, "_bump", failing(publication._bump, after=False))
        with pytest.raises(PowerFailureError):
            writer.publish()
    with filled.writer() as writer:
        put(writer, "new.md", "又改了。")
        writer.publish()
    assert found(filled) == NEW - {"新的公告。"} | {"又改了。"}
    assert filled.verify().ok


def test_interrupted_write_of_a_document_leaves_the_old_one(
    filled: KnowledgeBase, put: Put, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, filled.writer() as writer:
        step = failing(insertion.insert_document, after=True)
        patch.setattr("rag.knowledge_base.writer.insert_document", step)
        with pytest.raises(PowerFailureError):
            put(writer, "leave.md", "half")
    with filled.writer() as writer:
        assert writer.publish() == 1
    assert found(filled) == OLD
    assert not filled.verify().behind


KILLED = """
import sys, time
import numpy as np
from pathlib import Path
from rag.knowledge_base import (KnowledgeBase, NewDocument, NewPassage)
from rag.models.fingerprint import EmbedderFingerprint

with KnowledgeBase.create(Path(sys.argv[1]), EmbedderFingerprint("toy", 4, "", "", "")) as kb:
    with kb.writer(30) as writer:
        root = writer.root("/docs")
        turn = max([int(d.sha256) for d in writer.documents(root).values()], default=0)
        print("ready", flush=True)
        while True:
            turn += 1
            lines = [f"document {turn % 5} turn {turn} line {n}" for n in range(3)]
            text = "".join(lines)
            starts = [sum(map(len, lines[:n])) for n in range(3)]
            passages = [NewPassage(line, at, at + len(line)) for line, at in zip(lines, starts)]
            vectors = {each.digest: np.array([1, 0, 0, 0], np.float32) for each in passages}
            document = NewDocument(f"{turn % 5}.md", str(turn), 1, 1, "text", text=text)
            writer.put(root, document, passages, vectors)
            if turn % 2 == 0:
                writer.publish()
"""


@pytest.mark.processes
@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_killed_process_leaves_whole_documents(path: Path, kills: int) -> None:
    delays = random.Random(5)
    for _ in range(kills):
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        with child.stdout:
            assert child.stdout.readline() == "ready\n"
            time.sleep(delays.uniform(0.1, 0.8))
            child.kill()
            child.wait()
        with KnowledgeBase.open(path) as knowledge_base:
            report = knowledge_base.verify()
            assert report.ok, report.problems
            hits = seen(knowledge_base).search_lexical("document", 1000)
            texts = {each.page_content for each in seen(knowledge_base).passages([each for each, _ in hits])}
            turns = {text.rpartition(" line ")[0] for text in texts}
            assert len(turns) == len({turn.split()[1] for turn in turns})
            assert texts == {f"{turn} line {n}" for turn in turns for n in range(3)}
            assert len(texts) == seen(knowledge_base).passage_count() == report.dense_rows
    with KnowledgeBase.open(path) as knowledge_base:
        with knowledge_base.writer() as writer:
            writer.publish()
        report = knowledge_base.verify()
        assert report.ok, report.problems
        assert not report.behind
