"""Filtered searches find what filtering everything would leave."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.errors import ConfigError
from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.knowledge_base.indexes.faiss_segments import FaissSearcher, Segment
from rag.knowledge_base.langchain_store import PassageStore
from rag.models.fingerprint import EmbedderFingerprint
from tests.rag.knowledge_base.conftest import DIMENSION, embed_text
from tests.reading import seen

_WORDS = ("pump", "filter", "office", "leave", "price")
_SOURCES = ("hr/leave.md", "hr/old/leave.pdf", "products/泵.pdf", "notices/2025.html", "README")
_DATES = ("2024-12-31", "2025", "2025-03", "2025-03-15", "2025-03-15T08:00:00+08:00", "2026-01-01", "")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the tests know of a passage without asking."""

    text: str
    root: str
    source: str
    modified: str
    lang: str
    page: int | None


class Filled(NamedTuple):
    """A knowledge base and all that it holds."""

    kb: KnowledgeBase
    known: list[Stored]

    def __repr__(self) -> str:
        return f"{len(self.known)} passages"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Some hundred passages in documents of every kind."""
    random = Random(5)
    known: list[Stored] = []
    path = tmp_path_factory.mktemp("filtering") / "kb"
    fingerprint = EmbedderFingerprint("toy", DIMENSION, "0" * 64, "", "")
    with KnowledgeBase.create(path, fingerprint) as kb, kb.writer() as writer:
        for root in ("/docs", "/more"):
            for number, source in enumerate(_SOURCES):
                for modified in _DATES:
                    name = (
                        f"{modified or 'undated'}/{source}" if number % 2 else f"{source[:-3]}{modified}.md"
                    )
                    passages = []
                    for position in range(4):
                        text = f"{' '.join(random.choices(_WORDS, k=3))} {len(known)}"
                        page = position + 1 if number != 1 else None
                        lang = random.choice(("zh", "en"))
                        passages.append(
                            NewPassage(text, 50 * position, 50 * position + len(text), page=page, lang=lang)
                        )
                        known.append(Stored(text, root, name, modified, lang, page))
                    whole = "".join(each.text.ljust(50) for each in passages)
                    document = NewDocument(
                        name, f"{len(known):064x}", len(whole), 1, "text", text=whole, modified=modified
                    )
                    vectors = {each.digest: embed_text(each.text) for each in passages}
                    writer.put(writer.root(root), document, passages, vectors)
        writer.publish()
        # Some die: the indexes still hold them.
        dead = {(each.root, each.source) for each in known[::40]}
        for root, source in dead:
            writer.remove(writer.root(root), source)
        writer.publish()
    with KnowledgeBase.open(path) as kb:
        yield Filled(kb, [each for each in known if (each.root, each.source) not in dead])


def passes(each: Stored, wanted: Filter) -> bool:
    """The filter read word by word, without SQL."""
    first, last = wanted.page_range
    day = each.modified[:10]

    def reaches(bound: str) -> tuple[str, str]:
        length = min(len(day), len(bound))
        return day[:length], bound[:length]

    return (
        all(re.fullmatch(pattern, each.source) for pattern in wanted.source_patterns)
        and not (wanted.exclude_pattern and re.fullmatch(wanted.exclude_pattern, each.source))
        and (not wanted.root or each.root in wanted.root)
        and (not wanted.lang or each.lang in wanted.lang)
        and (not wanted.since or (day != "" and reaches(wanted.since)[0] >= reaches(wanted.since)[1]))
        and (not wanted.until or (day != "" and reaches(wanted.until)[0] <= reaches(wanted.until)[1]))
        and (
            not wanted.pages
            or (each.page is not None and first <= each.page and (last is None or each.page <= last))
        )
    )


def _some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


_FILTERS = st.builds(
    Filter,
    source=_some("hr/", "*.pdf", "2025*", "**/leave.*", "products", "undated/"),
    exclude=_some("hr/", "*.pdf", "2025*", "README"),
    root=_some("/docs", "/more", "/elsewhere"),
    type=_some("md", "PDF", ".html", "txt"),
    lang=_some("zh", "en", "ja"),
    since=st.sampled_from(("", "2024", "2025", "2025-03", "2025-03-15")),
    until=st.sampled_from(("", "2025", "2025-04", "2026-01-01", "2027")),
    pages=st.sampled_from(("", "1", "2-3", "4-", "-2", "9")),
)


@given(wanted=_FILTERS, query=st.sampled_from(_WORDS), k=st.sampled_from((1, 5, 40, 1000)))
def test_filtered_search_is_a_search_of_everything_filtered(
    stored: Filled, wanted: Filter, query: str, k: int
) -> None:
    kb, known = stored
    passing = {each.text for each in known if passes(each, wanted)}
    vector = embed_text(query)

    def texts(hits: list[tuple[str, float]]) -> list[tuple[str, float]]:
        found = seen(kb).passages([each for each, _ in hits])
        return [(each.page_content, score) for each, (_, score) in zip(found, hits, strict=True)]

    every_dense = texts(seen(kb).search_dense(vector, 10_000))
    assert len(every_dense) == len(known)
    assert texts(seen(kb).search_dense(vector, k, wanted)) == [
        hit for hit in every_dense if hit[0] in passing
    ][:k]  # fmt: skip
    every_lexical = [hit for hit in texts(seen(kb).search_lexical(query, 10_000)) if hit[0] in passing]
    lexical = texts(seen(kb).search_lexical(query, k, wanted))
    assert len(lexical) == min(k, len(every_lexical))
    assert [score for _, score in lexical] == pytest.approx([score for _, score in every_lexical[:k]])
    assert set(lexical) <= set(every_lexical)  # of equal scores, any


def test_only_passages_of_a_selected_document_are_found(
    filled: KnowledgeBase,
    embed: Callable[[str], np.ndarray],
) -> None:
    hits = seen(filled).search_dense(embed("anything"), 5, Filter(source=("manual/",)))
    assert {each.metadata["source"] for each in seen(filled).passages([each for each, _ in hits])} == {
        "manual/ab-1200.md"
    }
    assert seen(filled).search_lexical("年假", 5, Filter(source=("manual/",))) == []
    assert seen(filled).search_dense(embed("anything"), 5, Filter(since="2024-05-02")) == []


def test_index_without_selectors_is_searched_among_keys_too() -> None:
    random = np.random.default_rng(3)
    vectors = random.standard_normal((200, DIMENSION)).astype(np.float16).astype(np.float32)
    keys = np.arange(1000, 1200)
    usual = Segment.build(keys, vectors)
    other = Segment(keys, _Plain(usual))
    among = keys[random.random(200) < 0.3]
    for k in (1, 7, 500):
        expected = FaissSearcher({"": usual}).search(vectors[0], k, among)
        found = FaissSearcher({"": other}).search(vectors[0], k, among)
        assert [each.key for each in found] == [each.key for each in expected]
        assert [each.score for each in found] == pytest.approx([each.score for each in expected], abs=1e-4)
    assert FaissSearcher({"": other}).search(vectors[0], 3, np.array([5])) == []


class _Plain:
    """An index that only gives its rows back, as a GPU's does."""

    def __init__(self, segment: Segment) -> None:
        self.ntotal = len(segment.keys)
        self._vectors = segment.vectors

    def reconstruct_n(self, first: int, count: int) -> np.ndarray:
        return self._vectors[first : first + count]


class _ToyEmbeddings(Embeddings):
    fingerprint = EmbedderFingerprint("toy", DIMENSION, "0" * 64, "query: ", "passage: ")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [embed_text(each).tolist() for each in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_store_takes_a_filter_or_a_dictionary(path: Path) -> None:
    with KnowledgeBase.create(path, _ToyEmbeddings.fingerprint) as kb:
        store = PassageStore(kb, _ToyEmbeddings(), EVERYTHING)
        store.add_documents(
            [
                Document(page_content="One pump.", metadata={"source": "hr/a.md"}, id="one"),
                Document(page_content="两台泵。", metadata={"source": "products/b.md"}, id="two"),
                Document(page_content="No source.", id="three.txt"),
            ]
        )

        def found(filter: Filter | dict[str, str]) -> set[str | None]:
            return {each.id for each in store.similarity_search("pump", 5, filter=filter)}

        assert found(Filter(source=("hr/",))) == {"one"}
        assert found({"lang": "zh"}) == {"two"}
        assert found({"type": "txt"}) == {"three.txt"}
        assert found({"since": "2020"}) == set()
        retriever = store.as_retriever(search_kwargs={"filter": {"source": "products/"}})
        assert [each.id for each in retriever.invoke("pump")] == ["two"]
        with pytest.raises(ConfigError, match="no field 'author'"):
            found({"author": "x"})
