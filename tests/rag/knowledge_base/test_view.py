"""What isn't in view can't be told from what was never ingested."""

import inspect
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import KnowledgeBaseError
from rag.filter import EVERYTHING, Filter, Roots
from rag.knowledge_base import (
    Contents,
    FaqEntry,
    KnowledgeBase,
    NewDocument,
    NewPassage,
    Snapshot,
    Writer,
)
from rag.knowledge_base.catalogue import reader as reader_module
from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.reader import Reader
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.sentences import Span
from rag.text.translation import TermGroup
from tests.rag.knowledge_base.conftest import DIMENSION, embed_text

FINGERPRINT = EmbedderFingerprint("toy", DIMENSION, "0" * 64, "", "")
ROOTS = ("/public", "/hr", "/board")
SOURCES = ("a.md", "b.md", "dir/c.md", "leave.md")
WORDS = ("pump", "office", "leave", "price", "年假", "水泵", "工资")


@dataclass(frozen=True)
class Made:
    """A document, as the tests know it. Everything that tells of it has its mark."""

    root: str
    source: str
    lines: tuple[str, ...]
    kind: str  # "text", "faq", "failed", "stored"

    @property
    def mark(self) -> str:
        """In no other document: of its root, its source and its date."""
        return f"{self.root[1:]}{SOURCES.index(self.source)}"

    @property
    def named(self) -> str:
        """Its source, which tells of its root too."""
        return f"{self.root[1:]}-{self.source}"

    @property
    def modified(self) -> str:
        return f"20{10 + ROOTS.index(self.root)}-0{1 + SOURCES.index(self.source)}-03"


line = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
documents = st.lists(
    st.builds(
        Made,
        root=st.sampled_from(ROOTS),
        source=st.sampled_from(SOURCES),
        lines=st.lists(line, max_size=3).map(tuple),
        kind=st.sampled_from(["text", "text", "faq", "failed", "stored"]),
    ),
    max_size=9,
    unique_by=lambda made: (made.root, made.source),
)
in_view = st.frozensets(st.sampled_from((*ROOTS, "/none")), max_size=3)
glossaries = st.dictionaries(st.sampled_from(ROOTS), st.just("word"), max_size=3)


def put(writer: Writer, made: Made) -> None:
    root = writer.root(made.root)
    if made.kind == "failed":
        writer.put(
            root,
            NewDocument(
                made.named, "0", 1, 1, "pdf", status="failed", problem=f"{made.mark} broken", modified="2020"
            ),
        )
        return
    lines = [f"{line} {made.mark}x{number}" for number, line in enumerate(made.lines)]
    text = "\n".join(lines)
    passages = []
    for number, line in enumerate(lines):
        start = sum(len(each) + 1 for each in lines[:number])
        entry = None
        if made.kind == "faq":
            cut = start + line.index(" ")
            entry = FaqEntry((Span(start, cut),), Span(cut + 1, start + len(line)))
        passages.append(
            NewPassage(
                line,
                start,
                start + len(line),
                heading=(f"{made.mark} heading",),
                context=f"{made.mark} context",
                lang="zh" if any("一" <= each <= "龥" for each in line) else "en",
                entry=entry,
                metadata={"source": f"{made.mark} given", "n": 1} if made.kind == "stored" else None,
                passage_id=f"{made.mark}-{number}" if made.kind == "stored" else None,
            )
        )
    vectors = {each.digest: embed_text(each.text) for each in passages}
    vectors |= {
        digest: embed_text(question) for digest, question in writer.missing_questions(passages).items()
    }
    document = NewDocument(
        made.named,
        "0",
        len(text),
        1,
        "langchain" if made.kind == "stored" else "text",
        text=text,
        title=f"{made.mark} title",
        modified=made.modified,
        report={"note": f"{made.mark} note"},
    )
    writer.put(root, document, passages, vectors)


def fill(folder: Path, chosen: list[Made], words: Mapping[str, str]) -> KnowledgeBase:
    """A knowledge base of the documents, with a glossary of two words for each of some roots."""
    kb = KnowledgeBase.create(folder, FINGERPRINT)
    with kb.writer() as writer:
        for root in ROOTS:
            if any(each.root == root for each in chosen) or root in words:
                writer.root(root)
            if root in words:
                writer.set_glossary(writer.root(root), f"office, {root[1:]}{words[root]}")
        for made in chosen:
            put(writer, made)
        writer.publish()
    return kb


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


QUERY = embed_text("pump office")
GROUPS = [TermGroup("word", (("pump",), ("leav",), ("offic",)), 1.0)]
FILTERS = (None, Filter(lang=("zh",)), Filter(source=("**/*.md", "*.md")), Filter(root=("/board",)))


def ask_everything(snapshot: Snapshot, ids: list[str], names: list[str]) -> dict[str, Any]:
    """What every public method says, by its name; ``ids`` and ``names`` are of all that anybody knows of."""

    def told(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except KnowledgeBaseError as error:
            return str(error)

    def hits(search: Callable[[Filter | None], list[tuple[str, float]]]) -> list[list[tuple[str, float]]]:
        return [search(each) for each in FILTERS]

    questions = snapshot.questions()
    vectors, languages = snapshot.sample_vectors(3)
    found = snapshot.passages(ids)
    return {
        "roots": snapshot.roots(),
        "glossary": snapshot.glossary,
        "analyzer": [snapshot.analyzer.glossary, snapshot.analyzer.query_terms("office leave")],
        "documents": snapshot.documents(),
        "text": [told(partial(snapshot.text, s, r)) for s in names for r in (None, *ROOTS)],
        "passage_count": snapshot.passage_count(),
        "passages": [found, snapshot.passages(ids, as_given=True)],
        "document_passages": [snapshot.document_passages(each) for each in names],
        "related": [
            [told(partial(snapshot.related, n, 3)) for n in names],
            [snapshot.related(each, 3) for each in found],
        ],
        "questions": (questions.passage_ids, questions.texts, questions.answers, questions.vectors.tolist()),
        "search_questions": [snapshot.search_questions(QUERY, 9, each) for each in FILTERS],
        "score_dense": snapshot.score_dense(QUERY, ids),
        "sample_vectors": (vectors.tolist(), languages),
        "search_dense": hits(lambda wanted: snapshot.search_dense(QUERY, 9, wanted)),
        "search_lexical": hits(lambda wanted: snapshot.search_lexical("pump leave 年假", 9, wanted)),
        "search_groups": hits(lambda wanted: snapshot.search_groups(GROUPS, 9, wanted)),
        "score_lexical": snapshot.score_lexical("pump leave 年假", ids),
        "score_groups": snapshot.score_groups(GROUPS, ids),
        "generation": snapshot.generation,
    }


def comparable(name: str, said: Any) -> Any:
    """Scores that compare: BM25 weighs words by all that the index holds, so of it only what is found."""
    if name in ("search_lexical", "search_groups"):
        return [sorted(passage_id for passage_id, _ in hits) for hits in said]
    if name in ("score_lexical", "score_groups"):
        return {passage_id: score > 0 for passage_id, score in said.items()}
    if name in ("search_dense", "score_dense", "sample_vectors", "related"):
        return rounded(said)
    return said


def rounded(said: Any) -> Any:
    if isinstance(said, float):
        return round(said, 4)
    if isinstance(said, dict):
        return {name: rounded(value) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return [rounded(each) for each in said]
    return said


def test_every_public_method_is_asked(filled: KnowledgeBase) -> None:
    """Whoever adds a method to a snapshot says here how it is asked, so that the test below compares it."""
    with filled.view(EVERYTHING).snapshot() as snapshot:
        asked = ask_everything(snapshot, [], [])
    assert asked.keys() == public(Snapshot) >= public(Contents)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    chosen=documents, words=glossaries, roots=st.frozensets(st.sampled_from((*ROOTS, "/none")), max_size=3)
)
def test_view_is_a_knowledge_base_that_never_had_the_rest(
    chosen: list[Made], words: dict[str, str], roots: frozenset[str]
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        compare_with_its_view(folder, chosen, words, roots)
    finally:
        shutil.rmtree(folder)


def compare_with_its_view(
    folder: Path, chosen: list[Made], words: dict[str, str], roots: frozenset[str]
) -> None:
    kept = [each for each in chosen if each.root in roots]
    with (
        fill(folder / "all", chosen, words) as all_of_it,
        fill(folder / "kept", kept, {root: word for root, word in words.items() if root in roots}) as alone,
        all_of_it.view(EVERYTHING).snapshot() as everything,
        all_of_it.view(roots).snapshot() as snapshot,
        alone.view(EVERYTHING).snapshot() as expected,
    ):
        names = [*(each.named for each in chosen), "nothing.md", *(f"{root[1:]}-a.m" for root in ROOTS)]
        ids = [str(each.id) for name in names for each in everything.document_passages(name)]
        said = ask_everything(snapshot, ids, names)
        wanted = ask_everything(expected, ids, names)
        for name in public(Snapshot) - {"generation"}:
            one, other = (comparable(name, each[name]) for each in (said, wanted))
            assert _places(one, folder) == _places(other, folder), name
        # And in other words than the comparison's: nothing that tells of the rest is anywhere.
        hidden = {each.mark for each in chosen if each.root not in roots}
        hidden |= {f"{root[1:]}word" for root in words if root not in roots}
        told = repr({name: value for name, value in said.items() if name not in ("text", "related")})
        assert not [mark for mark in hidden if mark in told]


def _places(said: Any, folder: Path) -> str:
    """What was said, but for the folder, which error messages name."""
    return repr(said).replace(str(folder / "all"), "KB").replace(str(folder / "kept"), "KB")


@pytest.fixture
def two_roots(tmp_path: Path) -> Iterator[KnowledgeBase]:
    texts = [
        Made("/public", "a.md", ("pump office",), "text"),
        Made("/hr", "leave.md", ("pump 工资", *("office leave price" for _ in range(60))), "faq"),
    ]
    with fill(tmp_path / "kb", texts, {"/hr": "word"}) as kb:
        yield kb


def test_the_comparison_finds_out_when_nothing_is_hidden(
    two_roots: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The guard taken away, table by table: the test above would fail."""
    chosen = [
        Made("/public", "a.md", ("pump office", "leave"), "faq"),
        Made("/hr", "leave.md", ("pump 工资", "office"), "faq"),
    ]
    for number, table in enumerate(("roots", "documents", "glossaries")):
        head, tail = reader_module._SEEN.split(f"{table} AS NOT", 1)
        broken = tail.replace("{by_root}", "TRUE", 1).replace("{in_view}", "TRUE", 1)
        with monkeypatch.context() as patch:
            patch.setattr(reader_module, "_SEEN", f"{head}{table} AS NOT{broken}")
            patch.setattr(reader_module, "_guarded", reader_module._guarded.__wrapped__)
            with pytest.raises((AssertionError, IndexError)):
                compare_with_its_view(tmp_path / str(number), chosen, {"/hr": "word"}, frozenset({"/public"}))


def test_every_table_of_the_catalogue_is_behind_the_guard(two_roots: KnowledgeBase) -> None:
    catalogue = Catalogue(two_roots.path)
    tables = {row[0] for row in catalogue.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")}
    said_of_all = {"meta", "embedders", "state", "sqlite_sequence"}  # nothing of any document
    blind = Reader(catalogue, 1, 1, FINGERPRINT, frozenset())
    try:
        for table in sorted(tables - said_of_all):
            assert catalogue.fetch(f"SELECT count(*) FROM {table}")[0][0] > 0 or table in (
                "sketches",
                "bands",
            )
            assert blind.fetch(f"SELECT * FROM {table}") == [], table
        for name in ("main.documents", "Main.documents", '"main".documents', "main . documents"):
            with pytest.raises(ValueError, match="can't name tables"):
                blind.fetch(f"SELECT * FROM {name}")
    finally:
        catalogue.close()


def test_nothing_of_a_snapshot_holds_an_unguarded_connection() -> None:
    """Snapshots are made of a reader; a catalogue would let a method forget the view."""
    for kind in (Contents, Snapshot):
        assert "Catalogue" not in str(inspect.signature(kind.__init__))
        assert "_catalogue" not in inspect.getsource(inspect.getmodule(kind) or kind)


def test_nearest_name_in_an_error_is_one_that_may_be_seen(two_roots: KnowledgeBase) -> None:
    def complaint(roots: Roots, source: str, root: str | None = None) -> str:
        with two_roots.view(roots).contents() as contents, pytest.raises(KnowledgeBaseError) as raised:
            contents.text(source, root)
        return str(raised.value)

    assert "did you mean hr-leave.md" in complaint(EVERYTHING, "hr-leave.m")
    assert "hr-leave.md" not in complaint({"/public"}, "hr-leave.m")
    assert complaint({"/public"}, "hr-leave.md", "/hr") == complaint({"/public"}, "hr-leave.md", "/nowhere")


@pytest.mark.parametrize("roots", [frozenset(), {"/none"}, {"/pub"}])
def test_view_of_no_root_is_empty(two_roots: KnowledgeBase, roots: Roots) -> None:
    with two_roots.view(roots).snapshot() as snapshot:
        assert (snapshot.documents(), snapshot.passage_count(), snapshot.roots()) == ([], 0, [])
        assert snapshot.search_dense(np.ones(DIMENSION, np.float32), 5) == []
        assert snapshot.search_lexical("pump", 5) == []


def test_a_string_is_no_set_of_roots(two_roots: KnowledgeBase) -> None:
    with pytest.raises(ValueError, match="not of the string '/hr'"):
        two_roots.view("/hr")  # type: ignore[arg-type]


def test_synonyms_of_a_hidden_glossary_find_nothing(two_roots: KnowledgeBase) -> None:
    with two_roots.view(EVERYTHING).snapshot() as everything:
        found = everything.passages([each for each, _ in everything.search_lexical("hrword", 99)])
        assert "public-a.md" in {each.metadata["source"] for each in found}  # it says "office"
    with two_roots.view({"/public"}).snapshot() as snapshot:
        assert snapshot.search_lexical("hrword", 5) == []
        assert len(snapshot.search_lexical("office", 5)) == 1


def test_few_visible_passages_are_found_among_many_hidden_ones(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "kb", FINGERPRINT) as kb:
        with kb.writer() as writer:
            for number in range(300):
                root = "/public" if number % 100 == 7 else "/hr"
                text = f"pump {number}"
                passage = NewPassage(text, 0, len(text))
                vectors = {passage.digest: embed_text(text)}
                document = NewDocument(f"{number}.md", "0", 1, 1, "text", text=text)
                writer.put(writer.root(root), document, [passage], vectors)
            writer.publish()
        with kb.view({"/public"}).snapshot() as snapshot:
            for hits in (
                snapshot.search_dense(QUERY, 2),
                snapshot.search_dense(QUERY, 9),
                snapshot.search_lexical("pump", 9),
                snapshot.search_groups([TermGroup("w", (("pump",),), 1.0)], 9),
            ):
                sources = [each.metadata["source"] for each in snapshot.passages([each for each, _ in hits])]
                assert set(sources) <= {"7.md", "107.md", "207.md"} and len(sources) == min(3, len(hits))
            assert len(snapshot.search_dense(QUERY, 2)) == 2


def test_root_that_is_ingested_later_comes_into_a_view_that_names_it(two_roots: KnowledgeBase) -> None:
    view = two_roots.view({"/board"})
    with view.contents() as contents:
        assert contents.documents() == []
    with two_roots.writer() as writer:
        put(writer, Made("/board", "a.md", ("price",), "text"))
        writer.publish()
    with view.contents() as contents:
        assert [each.source for each in contents.documents()] == ["board-a.md"]


def test_a_snapshot_is_the_same_within_itself_and_of_its_view_only(two_roots: KnowledgeBase) -> None:
    one, other = two_roots.view({"/public"}), two_roots.view({"/hr"})
    assert two_roots.view(frozenset({"/public"})) is one
    with one.snapshot() as outer:
        with other.snapshot() as between:
            assert [each.root for each in between.documents()] == ["/hr"]
            with one.snapshot() as inner, one.contents() as contents:
                assert inner is outer and contents is outer
        assert [each.root for each in outer.documents()] == ["/public"]
    with one.snapshot() as again:
        assert again is not outer


def test_what_was_begun_within_a_snapshot_and_outlasts_it_has_its_own(two_roots: KnowledgeBase) -> None:
    view = two_roots.view(EVERYTHING)
    with view.snapshot() as snapshot:
        context = copy_context()

    def later() -> None:
        with view.snapshot() as own, view.contents() as contents:
            assert own is not snapshot and contents is own
            assert len(own.documents()) == 2

    context.run(later)
