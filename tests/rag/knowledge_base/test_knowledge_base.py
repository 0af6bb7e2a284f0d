"""What readers see of what was written."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.errors import KnowledgeBaseBusy, KnowledgeBaseError, KnowledgeBaseMismatch, KnowledgeBaseNotFound
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage, Writer
from rag.models.fingerprint import EmbedderFingerprint
from tests.reading import seen

Put = Callable[[Writer, str, str], None]
Found = Callable[[KnowledgeBase], set[str]]
Embed = Callable[[str], "np.typing.NDArray[np.float32]"]

ALL = {
    "员工每年有十天年假。",
    "年假须提前三天申请。",
    "The AB-1200/X has three ports.",
    "Reset it with the red button.",
    "The office is closed on Friday.",
}


def test_empty_knowledge_base_finds_nothing(knowledge_base: KnowledgeBase, embed: Embed) -> None:
    assert seen(knowledge_base).search_dense(embed("x"), 5) == []
    assert seen(knowledge_base).search_lexical("x", 5) == []
    assert seen(knowledge_base).documents() == []
    assert knowledge_base.generation == 0
    assert seen(knowledge_base).passage_count() == 0
    assert knowledge_base.verify().ok


def test_written_document_is_found_only_after_publication(
    knowledge_base: KnowledgeBase, put: Put, found: Found
) -> None:
    with knowledge_base.writer() as writer:
        put(writer, "a.md", "first line\nsecond line")
        assert found(knowledge_base) == set()
        assert seen(knowledge_base).documents() == []
        assert [*writer.documents(writer.root("/docs"))] == ["a.md"]
        assert writer.publish() == 1
        assert found(knowledge_base) == {"first line", "second line"}
        assert writer.publish() == 1
    assert seen(knowledge_base).passage_count() == 2


def test_both_indexes_rank_the_fitting_passage_first(filled: KnowledgeBase, embed: Embed) -> None:
    [(nearest, cosine), *_] = seen(filled).search_dense(3 * embed("The office is closed on Friday."), 2)
    [(best, score), *_] = seen(filled).search_lexical("AB1200X ports?", 2)
    assert cosine == pytest.approx(1, abs=1e-3)
    assert score > 0
    texts = [each.page_content for each in seen(filled).passages([nearest, best])]
    assert texts == ["The office is closed on Friday.", "The AB-1200/X has three ports."]


def test_passage_keeps_the_metadata_contract(knowledge_base: KnowledgeBase, embed: Embed) -> None:
    text = "Intro\n价格 12 元"
    passage = NewPassage(
        text="价格 12 元",
        start=6,
        end=13,
        page=3,
        heading=("Products", "价格"),
        context="Products > 价格",
        kind="table",
        lang="zh",
    )
    document = NewDocument("p.pdf", "0", 1, 1, "pdf", text=text, modified="2024-01-02", pages=4)
    with knowledge_base.writer() as writer:
        root = writer.root("/docs")
        writer.put(root, document, [passage], {passage.digest: embed("p")})
        writer.publish()
    [(passage_id, _)] = seen(knowledge_base).search_lexical("products", 5)  # by its context
    [stored] = seen(knowledge_base).passages([passage_id])
    [listed] = seen(knowledge_base).documents()
    assert stored.page_content == "价格 12 元"
    assert stored.metadata == {
        "doc_id": listed.doc_id,
        "source": "p.pdf",
        "page": 3,
        "heading": ("Products", "价格"),
        "start": 6,
        "end": 13,
        "context": "Products > 价格",
        "kind": "table",
        "lang": "zh",
        "modified": "2024-01-02",
    }
    assert seen(knowledge_base).text("p.pdf")[6:13] == stored.page_content
    assert (listed.pages, listed.characters, listed.passages, listed.root) == (4, 13, 1, "/docs")


def test_removed_document_is_never_retrieved(filled: KnowledgeBase, found: Found) -> None:
    with filled.writer() as writer:
        writer.remove(writer.root("/docs"), "leave.md")
        writer.remove(writer.root("/docs"), "never was there")
        assert found(filled) == ALL
        writer.publish()
    assert found(filled) == {text for text in ALL if "年假" not in text}
    assert seen(filled).search_lexical("年假", 5) == []
    assert filled.verify().ok


def test_nothing_of_a_removed_document_stays_in_the_catalogue(filled: KnowledgeBase) -> None:
    with filled.writer() as writer:
        writer.remove(writer.root("/docs"), "notice.md")
        writer.publish()
    filled.close()
    connection = sqlite3.connect(filled.path / "catalogue.sqlite")
    dump = "\n".join(connection.iterdump())
    connection.close()
    assert "Friday" not in dump
    assert "ports" in dump


def test_changed_document_is_wholly_new(filled: KnowledgeBase, put: Put, found: Found) -> None:
    with filled.writer() as writer:
        put(writer, "leave.md", "员工每年有十五天年假。\n年假须提前三天申请。")
        writer.publish()
    texts = found(filled)
    assert "员工每年有十五天年假。" in texts
    assert "员工每年有十天年假。" not in texts
    assert seen(filled).passage_count() == 5


def test_only_new_text_needs_vectors(filled: KnowledgeBase, split: Callable[[str], list[NewPassage]]) -> None:
    with filled.writer() as writer:
        passages = split("年假须提前三天申请。\n新的一行。\n新的一行。")
        assert [each.text for each in writer.missing_vectors(passages)] == ["新的一行。"]


def test_renamed_document_needs_no_vectors_and_leaves_no_trace(
    filled: KnowledgeBase, embed: Embed, found: Found
) -> None:
    with filled.writer() as writer:
        root = writer.root("/docs")
        writer.rename(root, "notice.md", "archive/notice.md", 5)
        writer.publish()
        assert writer.documents(root)["archive/notice.md"].mtime_ns == 5
        with pytest.raises(KnowledgeBaseError, match=r"can't rename notice\.md"):
            writer.rename(root, "notice.md", "x", 5)
    assert found(filled) == ALL
    [(passage_id, _)] = seen(filled).search_dense(embed("The office is closed on Friday."), 1)
    assert seen(filled).passages([passage_id])[0].metadata["source"] == "archive/notice.md"
    assert "notice.md" not in [each.source for each in seen(filled).documents()]
    assert filled.verify().ok


def test_touch_changes_the_time_without_a_generation(filled: KnowledgeBase) -> None:
    with filled.writer() as writer:
        root = writer.root("/docs")
        writer.touch(root, "notice.md", 99, 100)
        assert writer.publish() == 1
    [stored] = [each for each in seen(filled).documents() if each.source == "notice.md"]
    assert (stored.mtime_ns, stored.size) == (99, 100)


def test_ids_are_the_same_when_the_same_content_comes_again(
    filled: KnowledgeBase, put: Put, tmp_path: Path, fingerprint: EmbedderFingerprint
) -> None:
    before = {(each.source, each.doc_id) for each in seen(filled).documents()}
    hit = seen(filled).search_lexical("red button", 1)[0][0]
    with KnowledgeBase.create(tmp_path / "other", fingerprint) as other:
        with other.writer() as writer:
            put(writer, "notice.md", "The office is closed on Friday.")
            put(writer, "manual/ab-1200.md", "The AB-1200/X has three ports.\nReset it with the red button.")
            writer.publish()
        assert {(each.source, each.doc_id) for each in seen(other).documents()} <= before
        assert seen(other).search_lexical("red button", 1)[0][0] == hit


def test_passages_keep_the_order_of_ids_and_leave_out_unknown_ones(filled: KnowledgeBase) -> None:
    ids = [passage_id for passage_id, _ in seen(filled).search_lexical("三天 年假", 5)]
    assert [each.id for each in seen(filled).passages([ids[1], "unknown", ids[0]])] == [ids[1], ids[0]]


def test_text_of_unknown_ambiguous_and_unreadable_documents(filled: KnowledgeBase) -> None:
    with filled.writer() as writer:
        other = writer.root("/other")
        writer.put(other, NewDocument("notice.md", "0", 1, 1, "text", text="other"))
        writer.put(
            other, NewDocument("bad.pdf", "0", 1, 1, "pdf", status="failed", problem="it is encrypted")
        )
        writer.publish()
    assert seen(filled).roots() == ["/docs", "/other"]
    assert seen(filled).text("leave.md") == "员工每年有十天年假。\n年假须提前三天申请。"
    assert seen(filled).text("notice.md", "/other") == "other"
    with pytest.raises(KnowledgeBaseError, match=r"several roots.*--root \(/docs, /other\)"):
        seen(filled).text("notice.md")
    with pytest.raises(KnowledgeBaseError, match=r"no document leaf\.md; did you mean leave\.md"):
        seen(filled).text("leaf.md")
    with pytest.raises(KnowledgeBaseError, match="it is encrypted"):
        seen(filled).text("bad.pdf")


def test_removal_concerns_one_root(filled: KnowledgeBase, found: Found) -> None:
    with filled.writer() as writer:
        writer.remove(writer.root("/other"), "notice.md")
        writer.publish()
    assert found(filled) == ALL


@pytest.mark.parametrize(
    ("vector", "complaint"),
    [
        (None, "is missing"),
        (np.ones(3, np.float32), r"shape \(3,\)"),
        (np.full(16, np.nan, np.float32), "aren't finite"),
        (np.ones(16, np.float32), "length 4.000"),
    ],
)
def test_document_with_a_flawed_vector_is_refused_whole(
    filled: KnowledgeBase, found: Found, vector: "np.typing.NDArray[np.float32] | None", complaint: str
) -> None:
    passage = NewPassage(text="new", start=0, end=3)
    with filled.writer() as writer:
        with pytest.raises(ValueError, match=rf"notice\.md: the vector .*{complaint}"):
            writer.put(
                writer.root("/docs"),
                NewDocument("notice.md", "1", 1, 1, "text", text="new"),
                [passage],
                {} if vector is None else {passage.digest: vector},
            )
        assert writer.publish() == 1
    assert found(filled) == ALL


def test_passage_that_is_not_a_slice_is_refused(filled: KnowledgeBase, embed: Embed) -> None:
    passage = NewPassage(text="new", start=1, end=4)
    document = NewDocument("n.md", "1", 1, 1, "text", text="new")
    same = NewPassage(text="new", start=0, end=3)
    with filled.writer() as writer:
        root = writer.root("/docs")
        with pytest.raises(ValueError, match=r"n\.md: the passage at 1–4 isn't that slice"):
            writer.put(root, document, [passage], {passage.digest: embed("new")})
        with pytest.raises(ValueError, match=r"n\.md: two passages are the same slice"):
            writer.put(root, document, [same, same], {same.digest: embed("new")})
        assert "n.md" not in writer.documents(root)


def test_glossary_takes_effect_with_publication(filled: KnowledgeBase) -> None:
    assert seen(filled).search_lexical("vacation", 5) == []
    with filled.writer() as writer:
        root = writer.root("/docs")
        writer.set_glossary(root, "年假, vacation")
        assert seen(filled).search_lexical("vacation", 5) == []
        assert seen(filled).glossary.groups == ()
        writer.publish()
        assert len(seen(filled).search_lexical("vacation", 5)) == 2
        assert seen(filled).analyzer.terms("年假") == ["年假"]
        writer.set_glossary(root, "年假, vacation")
        assert writer.publish() == 2
        writer.set_glossary(root, "")
        writer.publish()
    assert seen(filled).search_lexical("vacation", 5) == []
    assert filled.verify().ok


def test_second_writer_is_refused(filled: KnowledgeBase) -> None:
    with (
        filled.writer(),
        KnowledgeBase.open(filled.path) as other,
        pytest.raises(KnowledgeBaseBusy, match="another process is writing to the knowledge base"),
        other.writer(timeout=0.05),
    ):
        pass
    with filled.writer():
        pass


def test_missing_knowledge_base_is_named(tmp_path: Path, fingerprint: EmbedderFingerprint) -> None:
    with pytest.raises(KnowledgeBaseNotFound, match=r"no knowledge base at .*python -m ingest DIR --kb"):
        KnowledgeBase.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(KnowledgeBaseError, match="can't make the folder"):
        KnowledgeBase.create(tmp_path / "file" / "kb", fingerprint)


def test_other_embedder_is_refused_in_words_that_name_both(
    filled: KnowledgeBase, fingerprint: EmbedderFingerprint, embed: Embed
) -> None:
    other = replace(fingerprint, name="another-model", dimension=8)
    openings: list[Callable[[], KnowledgeBase]] = [
        lambda: KnowledgeBase.open(filled.path, fingerprint=other),
        lambda: KnowledgeBase.create(filled.path, other),
    ]
    for opening in openings:
        with pytest.raises(KnowledgeBaseMismatch) as caught:
            opening()
        for part in ("toy", "another-model", f"python -m ingest DIR --kb {filled.path} --rebuild"):
            assert part in str(caught.value)
    with pytest.raises(KnowledgeBaseMismatch, match="weights 1111"):
        KnowledgeBase.open(filled.path, fingerprint=replace(fingerprint, digest="1" * 64))
    with pytest.raises(KnowledgeBaseMismatch, match="prefixes 'query: ' and ''"):
        KnowledgeBase.open(filled.path, fingerprint=replace(fingerprint, passage_prefix=""))
    with pytest.raises(KnowledgeBaseMismatch, match=r"\(16,\)"):
        seen(filled).search_dense(embed("x")[:8], 3)


def test_rebuild_for_another_embedder_keeps_the_old_generation_until_the_new_one(
    filled: KnowledgeBase, fingerprint: EmbedderFingerprint, found: Found, embed: Embed
) -> None:
    other = EmbedderFingerprint("wide", 4, "1", "", "")
    reader = KnowledgeBase.open(filled.path, fingerprint=fingerprint)
    with KnowledgeBase.create(filled.path, other, rebuild=True) as anew, anew.writer() as writer:
        writer.clear()
        assert writer.fingerprint == other
        writer.check_embedder()
        with pytest.raises(KnowledgeBaseMismatch, match=r"made with the embedder wide.*not with toy"):
            KnowledgeBase.create(filled.path, fingerprint)
        passage = NewPassage(text="anew", start=0, end=4)
        assert writer.missing_vectors([passage]) == [passage]
        unit = np.array([1, 0, 0, 0], np.float32)
        document = NewDocument("a.md", "1", 1, 1, "text", text="anew")
        writer.put(writer.root("/docs"), document, [passage], {passage.digest: unit})
        assert found(reader) == ALL
        assert reader.fingerprint == fingerprint
        writer.publish()
        [(passage_id, score)] = seen(anew).search_dense(unit, 3)
        assert (seen(anew).passages([passage_id])[0].page_content, score) == ("anew", 1.0)
        assert anew.fingerprint == other
    with pytest.raises(KnowledgeBaseMismatch, match="made with the embedder wide"):
        seen(reader).search_dense(embed("x"), 1)
    reader.close()
    with KnowledgeBase.open(filled.path, fingerprint=other) as reopened:
        assert reopened.verify().ok


def test_pinned_questions_are_about_one_generation(filled: KnowledgeBase, put: Put, embed: Embed) -> None:
    with filled.view(EVERYTHING).snapshot() as snapshot:
        with KnowledgeBase.open(filled.path) as other, other.writer() as writer:
            put(writer, "leave.md", "changed")
            writer.publish()
            assert seen(other).search_lexical("年假", 5) == []
        hits = seen(filled).search_lexical("年假", 5)
        assert len(seen(filled).passages([each for each, _ in hits])) == 2
        assert len(seen(filled).search_dense(embed("x"), 10)) == 5
        assert snapshot.generation == 1
        assert seen(filled).text("leave.md") == "员工每年有十天年假。\n年假须提前三天申请。"
    assert seen(filled).search_lexical("年假", 5) == []
    assert filled.generation == 2


def test_asking_for_none_gives_none(filled: KnowledgeBase, embed: Embed) -> None:
    assert seen(filled).search_dense(embed("x"), 0) == []
    assert seen(filled).search_lexical("office", 0) == []
    assert seen(filled).search_lexical("", 5) == []
    assert seen(filled).search_lexical("年假" * 20_000, 5) != []


def test_what_was_opened_never_reads_another_that_takes_its_place(
    filled: KnowledgeBase, put: Put, found: Found, fingerprint: EmbedderFingerprint
) -> None:
    assert found(filled) == ALL
    filled.close()  # whatever is being answered is finished, over new connections
    assert found(filled) == ALL
    filled.path.rename(filled.path.with_name("old"))
    with KnowledgeBase.create(filled.path, fingerprint) as other, other.writer() as writer:
        put(writer, "other.md", "something else")
        writer.publish()
    with pytest.raises(KnowledgeBaseBusy, match="another knowledge base"):
        seen(filled).documents()
