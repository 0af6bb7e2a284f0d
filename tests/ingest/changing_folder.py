"""A folder that is edited again and again, and what a knowledge base may hold of it: whole versions only."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from ingest.reading.document import read_document
from ingest.sources import SourceFile
from ingest.splitter import PassageSplitter
from rag.knowledge_base import KnowledgeBase
from rag.knowledge_base.catalogue.records import VerifyReport
from tests.reading import seen

_EVERYTHING = 100_000


class Version(NamedTuple):
    """What a file once held, as ingest stores it. Every sentence of it, and of no other, has the word."""

    word: str
    sha256: str
    text: str
    spans: frozenset[tuple[int, int]]


class ChangingFolder:
    """A folder of ``files`` documents, all its versions known by source."""

    def __init__(self, path: Path, files: int, random: Random) -> None:
        self.path = path
        self._files = files
        self._random = random
        self._made = 0
        self.current: dict[str, Version] = {}
        self.known: dict[str, list[Version]] = {}
        path.mkdir()
        self._fill_up()

    def edit(self) -> set[str]:
        """Change half of the files, rename and delete some, add others; returns the untouched ones."""
        before = dict(self.current)
        for source in list(self.current):
            choice = self._random.random()
            if choice < 0.5:
                self._write(source)
            elif choice < 0.6:
                self._rename(source)
            elif choice < 0.7:
                (self.path / source).unlink()
                del self.current[source]
        self._fill_up()
        return {source for source, version in before.items() if self.current.get(source) is version}

    def _fill_up(self) -> None:
        while len(self.current) < self._files:
            self._write(self._new_source())

    def _new_source(self) -> str:
        self._made += 1
        return f"{self._made:05}.{'md' if self._made % 2 else 'txt'}"

    def _rename(self, source: str) -> None:
        new = self._new_source()[:5] + Path(source).suffix
        (self.path / source).rename(self.path / new)
        self._note(new, self.current.pop(source))

    def _write(self, source: str) -> None:
        word = "".join(self._random.choices("bcdfghjklmnpqrstvwxz", k=12))
        paragraphs = [
            "".join(
                f"第{paragraph}段第{sentence}句：{word} 的员工每年享有{sentence + 5}天带薪年假。 "
                f"The pump {word} must be cleaned {sentence} times in section {paragraph}. "
                for sentence in range(self._random.randint(2, 9))
            )
            for paragraph in range(self._random.randint(1, 6))
        ]
        (self.path / source).write_text("\n\n".join(paragraphs), encoding="utf-8")
        file = SourceFile(source, self.path / source, 0, 0)
        read = read_document(file, PassageSplitter())
        spans = frozenset((each.start, each.end) for each in read.passages)
        self._note(source, Version(word, read.document.sha256, read.document.text, spans))

    def _note(self, source: str, version: Version) -> None:
        self.current[source] = version
        self.known.setdefault(source, []).append(version)


class Found(NamedTuple):
    """What a knowledge base holds: by source, and what it says of itself."""

    versions: dict[str, Version]
    generation: int
    verified: VerifyReport


def find_whole_versions(path: Path, folder: ChangingFolder) -> Found:
    """What the knowledge base holds, having seen that it is sound and that all of it is whole versions.

    Both indexes are asked for everything: they give the passages of these versions, all of them and no other.
    """
    with KnowledgeBase.open(path) as kb:
        verified = kb.verify()
        assert verified.ok, verified.problems
        versions = {}
        for document in seen(kb).documents():
            text = seen(kb).text(document.source)
            version = next((each for each in folder.known[document.source] if each.text == text), None)
            assert version is not None, f"{document.source} is no version there ever was"
            assert document.sha256 == version.sha256
            versions[document.source] = version
        expected = {
            (source, start, end) for source, version in versions.items() for start, end in version.spans
        }
        assert set(_found_by_vector(kb, versions)) == expected
        assert set(_found_by_words(kb, folder, versions)) == expected
        return Found(versions, kb.generation, verified)


def _found_by_vector(kb: KnowledgeBase, versions: dict[str, Version]) -> Iterator[tuple[str, int, int]]:
    hits = seen(kb).search_dense(np.ones(32, dtype=np.float32), _EVERYTHING)
    assert len(hits) == seen(kb).passage_count()
    return _places(kb, [passage_id for passage_id, _ in hits], versions)


def _found_by_words(
    kb: KnowledgeBase, folder: ChangingFolder, versions: dict[str, Version]
) -> Iterator[tuple[str, int, int]]:
    """Asks for every word there ever was."""
    for word in {version.word for each in folder.known.values() for version in each}:
        for source, start, end in _places(
            kb, [passage_id for passage_id, _ in seen(kb).search_lexical(word, _EVERYTHING)], versions
        ):
            assert versions[source].word == word
            yield source, start, end


def _places(
    kb: KnowledgeBase, ids: list[str], versions: dict[str, Version]
) -> Iterator[tuple[str, int, int]]:
    passages = seen(kb).passages(ids)
    assert [each.id for each in passages] == ids
    for passage in passages:
        source, start, end = (passage.metadata[name] for name in ("source", "start", "end"))
        assert passage.page_content == versions[source].text[start:end]
        yield source, start, end
