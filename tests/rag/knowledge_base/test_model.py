"""Whatever is done in whatever order, what can be found is what a dictionary would hold."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rag.knowledge_base import KnowledgeBase, Writer, publication
from rag.models.fingerprint import EmbedderFingerprint
from tests.reading import seen

Put = Callable[[Writer, str, str], None]
Found = Callable[[KnowledgeBase], set[str]]

SOURCES = st.sampled_from(["a.md", "b.md", "c/d.md"])
TEXTS = st.lists(
    st.sampled_from(["甲乙丙", "red", "green", "blue", "年假十天", "AB-1"]), min_size=0, max_size=3
)


class CrashError(Exception):
    pass


def make_machine(put: Put, found: Found, fingerprint: EmbedderFingerprint) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = Path(tempfile.mkdtemp())
            self.written: dict[str, str] = {}
            self.published: dict[str, str] = {}
            self.checked = False

        @initialize()
        def create(self) -> None:
            self.knowledge_base = KnowledgeBase.create(self.folder / "kb", fingerprint)

        @rule(source=SOURCES, lines=TEXTS)
        def put(self, source: str, lines: list[str]) -> None:
            text = "\n".join(f"{line} {number}" for number, line in enumerate(lines))
            with self.knowledge_base.writer() as writer:
                put(writer, source, text)
            self.written[source] = text

        @rule(source=SOURCES)
        def remove(self, source: str) -> None:
            with self.knowledge_base.writer() as writer:
                writer.remove(writer.root("/docs"), source)
            self.written.pop(source, None)

        @rule(source=SOURCES, new=SOURCES)
        def rename(self, source: str, new: str) -> None:
            if source not in self.written or source == new:
                return
            with self.knowledge_base.writer() as writer:
                writer.rename(writer.root("/docs"), source, new, 2)
            self.written[new] = self.written.pop(source)

        @rule()
        def publish(self) -> None:
            with self.knowledge_base.writer() as writer:
                writer.publish()
            self.published = dict(self.written)
            self.checked = False
            assert not self.knowledge_base.verify().behind

        @precondition(lambda self: self.written != self.published)
        @rule(step=st.sampled_from(["_take_in", "_bump", "_let_go", "_purge"]))
        def crash(self, step: str) -> None:
            def fail(*_: object) -> None:
                raise CrashError

            with pytest.MonkeyPatch.context() as patch, self.knowledge_base.writer() as writer:
                patch.setattr(publication, step, fail)
                with pytest.raises(CrashError):
                    writer.publish()
            if step in ("_let_go", "_purge"):
                self.published = dict(self.written)
            self.checked = False

        @rule()
        def reopen(self) -> None:
            self.knowledge_base.close()
            self.knowledge_base = KnowledgeBase.open(self.folder / "kb", fingerprint=fingerprint)
            self.checked = False

        @invariant()
        def found_is_what_was_published(self) -> None:
            if self.checked or not hasattr(self, "knowledge_base"):
                return
            texts = {line for text in self.published.values() for line in text.splitlines()}
            assert found(self.knowledge_base) == texts
            documents = {each.source: each for each in seen(self.knowledge_base).documents()}
            assert documents.keys() == self.published.keys()
            for source, text in self.published.items():
                assert seen(self.knowledge_base).text(source) == text
            report = self.knowledge_base.verify()
            assert report.ok, report.problems
            self.checked = True

        def teardown(self) -> None:
            if hasattr(self, "knowledge_base"):
                self.knowledge_base.close()
            shutil.rmtree(self.folder)

    return Machine


def test_found_is_what_was_published(put: Put, found: Found, fingerprint: EmbedderFingerprint) -> None:
    run_state_machine_as_test(
        make_machine(put, found, fingerprint),
        settings=settings(
            max_examples=settings().max_examples // 3,
            stateful_step_count=20,
            suppress_health_check=list(HealthCheck),
        ),
    )
