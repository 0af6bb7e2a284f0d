"""A folder and its knowledge base: additions, changes, renamings, removals, failures, interruptions."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from ingest.pipeline import ingest_folder
from ingest.plan import IngestOptions
from rag.errors import IngestError, KnowledgeBaseBusy, KnowledgeBaseError, KnowledgeBaseMismatch
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.knowledge_base.langchain_store import PassageStore
from rag.models.fingerprint import EmbedderFingerprint
from rag.settings import SplitterSettings
from tests.reading import seen

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]

LEAVE = "# 休假制度\n\n员工每年享有十二天带薪年假。\n"
TRAVEL = "# 差旅制度\n\n出差住宿每晚不超过四百元。\n"
PUMP = "The pump must be cleaned every six months.\n"


class CountingEmbeddings(DeterministicFakeEmbedding):
    """Counts what it is asked to embed, and stops as Ctrl-C does after ``stop_after`` texts."""

    count: int = 0
    stop_after: int | None = None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.stop_after is not None and self.count >= self.stop_after:
            raise KeyboardInterrupt
        self.count += len(texts)
        return super().embed_documents(texts)


def _found(kb: KnowledgeBase, query: str) -> list[str]:
    """The sources that the lexical index finds."""
    ids = [passage_id for passage_id, _ in seen(kb).search_lexical(query, 10)]
    return sorted({passage.metadata["source"] for passage in seen(kb).passages(ids)})


def _all_text(kb: KnowledgeBase) -> str:
    """All that can be retrieved by vector."""
    vector = DeterministicFakeEmbedding(size=32).embed_query("x")
    import numpy as np

    hits = seen(kb).search_dense(np.asarray(vector, dtype=np.float32), 100)
    return "\n".join(each.page_content for each in seen(kb).passages([passage_id for passage_id, _ in hits]))


def test_documents_go_in_and_are_found_by_both_indexes(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"hr/休假.md": LEAVE, "pump.txt": PUMP, "table.xyz": b"x"})

    report = ingest_folder(folder, kb, embeddings)

    assert (report.files, report.added, report.unchanged, report.failed) == (2, 2, 0, [])
    assert [tuple(notice) for notice in report.skipped] == [("table.xyz", "unknown type .xyz")]
    assert report.passages == seen(kb).passage_count() == 2
    assert report.generation == kb.generation
    assert report.exit_status == 0
    assert _found(kb, "年假") == ["hr/休假.md"]
    assert "pump must be cleaned" in _all_text(kb)
    assert seen(kb).text("hr/休假.md") == "休假制度\n\n员工每年享有十二天带薪年假。"
    assert kb.verify().ok


def test_second_run_over_the_same_folder_reads_and_embeds_nothing(
    kb: KnowledgeBase, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP})
    embeddings = CountingEmbeddings(size=32)
    ingest_folder(folder, kb, embeddings)
    generation, embedded = kb.generation, embeddings.count

    report = ingest_folder(folder, kb, embeddings)

    assert (report.unchanged, report.added, report.changed) == (2, 0, 0)
    assert report.passages == 2
    assert embeddings.count == embedded
    assert kb.generation == generation


def test_edited_document_is_answered_from_anew_and_never_from_its_old_text(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP})
    ingest_folder(folder, kb, embeddings)
    write_files({"a.md": LEAVE.replace("十二", "二十")})

    report = ingest_folder(folder, kb, embeddings)

    assert (report.changed, report.unchanged) == (1, 1)
    assert "二十天" in _all_text(kb)
    assert "十二天" not in _all_text(kb)
    assert kb.verify().ok


def test_touched_file_with_the_same_bytes_is_unchanged(kb: KnowledgeBase, write_files: WriteFiles) -> None:
    folder = write_files({"a.md": LEAVE})
    embeddings = CountingEmbeddings(size=32)
    ingest_folder(folder, kb, embeddings)
    os.utime(folder / "a.md", (1, 1))

    report = ingest_folder(folder, kb, embeddings)

    assert (report.unchanged, embeddings.count) == (1, 1)


def test_removed_document_is_never_retrieved(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP, "c.md": TRAVEL})
    ingest_folder(folder, kb, embeddings)
    (folder / "a.md").unlink()

    report = ingest_folder(folder, kb, embeddings)

    assert (report.removed, report.unchanged) == (1, 2)
    assert _found(kb, "年假") == []
    assert "年假" not in _all_text(kb)
    assert [each.source for each in seen(kb).documents()] == ["b.txt", "c.md"]
    assert kb.verify().ok


def test_renamed_document_is_not_embedded_again(kb: KnowledgeBase, write_files: WriteFiles) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP})
    embeddings = CountingEmbeddings(size=32)
    ingest_folder(folder, kb, embeddings)
    (folder / "sub").mkdir()
    (folder / "a.md").rename(folder / "sub" / "new.md")

    report = ingest_folder(folder, kb, embeddings)

    assert (report.renamed, report.added, report.removed, embeddings.count) == (1, 0, 0, 2)
    assert _found(kb, "年假") == ["sub/new.md"]
    assert kb.verify().ok


def test_file_of_the_same_bytes_under_another_type_is_read_anew(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP})
    ingest_folder(folder, kb, embeddings)
    (folder / "a.md").rename(folder / "a.txt")

    report = ingest_folder(folder, kb, embeddings)

    assert (report.renamed, report.added, report.removed) == (0, 1, 1)
    assert seen(kb).text("a.txt").startswith("# 休假制度")


def test_failed_document_is_reported_and_the_rest_goes_in(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "bad.pdf": b"%PDF-1.4 nothing", "empty.txt": b""})

    report = ingest_folder(folder, kb, embeddings)

    assert report.added == 1
    assert [notice.source for notice in report.failed] == ["bad.pdf", "empty.txt"]
    assert report.failed[1].reason == "the file is empty"
    assert report.exit_status == 3
    failed = {each.source: each for each in seen(kb).documents() if each.status == "failed"}
    assert failed["empty.txt"].problem == "the file is empty"
    assert kb.verify().ok


def test_document_that_failed_is_tried_again_and_its_failure_stays_known(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "empty.txt": b""})
    ingest_folder(folder, kb, embeddings)
    generation = kb.generation

    again = ingest_folder(folder, kb, embeddings)
    assert ([notice.source for notice in again.failed], again.exit_status) == (["empty.txt"], 3)
    assert kb.generation == generation  # nothing new was written

    write_files({"empty.txt": PUMP})
    mended = ingest_folder(folder, kb, embeddings)
    assert (mended.changed, mended.exit_status) == (1, 0)


def test_good_version_that_became_unreadable_is_not_answered_from(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP})
    ingest_folder(folder, kb, embeddings)
    write_files({"b.txt": bytes(range(256)) * 50})

    report = ingest_folder(folder, kb, embeddings)

    assert [notice.source for notice in report.failed] == ["b.txt"]
    assert "pump" not in _all_text(kb)
    assert _found(kb, "pump") == []
    assert kb.verify().ok


def test_when_all_files_fail_the_status_is_1(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    assert ingest_folder(write_files({"a.txt": b""}), kb, embeddings).exit_status == 1


def test_root_that_lost_most_of_its_documents_is_left_alone(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP, "c.md": TRAVEL})
    ingest_folder(folder, kb, embeddings)
    (folder / "a.md").unlink()
    (folder / "b.txt").unlink()

    with pytest.raises(IngestError, match="--allow-removals"):
        ingest_folder(folder, kb, embeddings)
    assert len(seen(kb).documents()) == 3
    assert _found(kb, "年假") == ["a.md"]

    report = ingest_folder(folder, kb, embeddings, IngestOptions(allow_removals=True))
    assert (report.removed, [each.source for each in seen(kb).documents()]) == (2, ["c.md"])


def test_emptied_folder_needs_leave_and_a_missing_one_is_refused(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE})
    ingest_folder(folder, kb, embeddings)
    (folder / "a.md").unlink()
    with pytest.raises(IngestError, match="1 of the 1 known documents"):
        ingest_folder(folder, kb, embeddings)
    folder.rmdir()
    with pytest.raises(IngestError, match="there is no folder"):
        ingest_folder(folder, kb, embeddings)
    assert len(seen(kb).documents()) == 1

    report = ingest_folder(folder, kb, embeddings, IngestOptions(allow_removals=True))
    assert (report.removed, seen(kb).documents()) == (1, [])
    assert _found(kb, "年假") == []


def test_copy_in_another_root_is_named_with_its_root(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles, tmp_path: Path
) -> None:
    folder = write_files(
        {"a.md": "\n\n".join(f"第{number}条 每周检查第{number}号柜。" for number in range(30))}
    )
    shutil.copytree(folder, tmp_path / "moved")
    ingest_folder(folder, kb, embeddings)
    report = ingest_folder(tmp_path / "moved", kb, embeddings)
    assert f"a.md: much like {folder}/a.md (100%)" in report.to_text()


def test_file_that_fails_again_unchanged_is_recorded_so(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "bad.txt": b""})
    first = ingest_folder(folder, kb, embeddings)
    second = ingest_folder(folder, kb, embeddings)
    assert [each["change"] for each in first.documents] == ["added", "added"]
    assert [(each["source"], each["change"]) for each in second.documents] == [("bad.txt", "unchanged")]


def test_folder_without_documents_is_refused(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    with pytest.raises(IngestError, match="holds no documents"):
        ingest_folder(write_files({"a.xyz": b"x"}), kb, embeddings)


def test_filters_decide_what_the_knowledge_base_holds(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "drafts/b.md": TRAVEL, "c.txt": PUMP})
    ingest_folder(folder, kb, embeddings)

    report = ingest_folder(folder, kb, embeddings, IngestOptions(exclude=("drafts",)))

    assert (report.files, report.removed) == (2, 1)
    assert [each.source for each in seen(kb).documents()] == ["a.md", "c.txt"]


def test_roots_do_not_touch_each_other(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles, tmp_path: Path
) -> None:
    ingest_folder(write_files({"a.md": LEAVE}), kb, embeddings)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.md").write_text(TRAVEL)

    report = ingest_folder(tmp_path / "other", kb, embeddings)

    assert (report.added, report.removed, report.passages) == (1, 0, 1)
    assert len(seen(kb).documents()) == 2


def test_glossary_is_taken_reported_and_dropped_with_its_file(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "terms.txt": "年假, 带薪年休假, annual leave\n# note\n水泵\n"})

    report = ingest_folder(folder, kb, embeddings)
    assert report.glossary == {"source": "terms.txt", "entries": 2}
    assert _found(kb, "annual leave") == ["a.md"]

    (folder / "terms.txt").unlink()
    assert ingest_folder(folder, kb, embeddings).glossary is None
    assert _found(kb, "annual leave") == []


def test_interrupted_run_keeps_and_publishes_what_is_finished(
    kb: KnowledgeBase, write_files: WriteFiles
) -> None:
    files = {f"{number:03}.txt": f"{PUMP}Pump number {number}.\n" for number in range(150)}
    folder = write_files(files)

    report = ingest_folder(folder, kb, CountingEmbeddings(size=32, stop_after=100))

    assert report.interrupted and report.exit_status == 130
    assert report.added == 128 - 64 or report.added == 128
    assert report.left == 150 - report.added
    assert seen(kb).passage_count() == report.passages == report.added
    assert kb.verify().ok

    rest = ingest_folder(folder, kb, CountingEmbeddings(size=32))
    assert (rest.added, rest.unchanged) == (report.left, report.added)
    assert kb.verify().ok


def test_work_is_published_now_and_then(kb: KnowledgeBase, write_files: WriteFiles) -> None:
    counts: list[int] = []

    class Watching(DeterministicFakeEmbedding):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            counts.append(seen(kb).passage_count())
            return super().embed_documents(texts)

    folder = write_files({f"{number:03}.txt": f"Pump {number}." for number in range(150)})
    ingest_folder(folder, kb, Watching(size=32), IngestOptions(publish_every=0.0))

    assert counts == [0, 64, 128]


def test_changed_splitter_is_noticed_and_rebuild_follows_it(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_files(
        {"a.md": "# 休假\n\n" + "员工每年享有十二天带薪年假，可以顺延。" * 40, "b.txt": PUMP}
    )
    ingest_folder(folder, kb, embeddings)
    before = seen(kb).passage_count()
    smaller = SplitterSettings(target_tokens=32, max_tokens=64)

    unchanged = ingest_folder(folder, kb, embeddings, IngestOptions(splitter=smaller))
    assert unchanged.unchanged == 2
    assert "--rebuild" in caplog.text
    assert seen(kb).passage_count() == before

    rebuilt = ingest_folder(folder, kb, embeddings, IngestOptions(splitter=smaller, rebuild=True))
    assert (rebuilt.added, rebuilt.removed) == (2, 0)
    assert seen(kb).passage_count() == rebuilt.passages > before
    assert kb.verify().ok


def test_rebuild_takes_another_embedder_and_the_other_roots_along(
    kb_path: Path, embeddings: Embeddings, write_files: WriteFiles, tmp_path: Path
) -> None:
    folder = write_files({"a.md": LEAVE})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.md").write_text(TRAVEL)
    first = EmbedderFingerprint("deterministic", 32, "0" * 64, "", "")
    second = EmbedderFingerprint("another", 16, "1" * 64, "", "")
    with KnowledgeBase.create(kb_path, first) as kb:
        ingest_folder(folder, kb, embeddings)
        ingest_folder(tmp_path / "other", kb, embeddings)

    with KnowledgeBase.create(kb_path, second, rebuild=True) as kb:
        ingest_folder(folder, kb, DeterministicFakeEmbedding(size=16), IngestOptions(rebuild=True))

        assert kb.fingerprint == second
        assert sorted(each.source for each in seen(kb).documents()) == ["a.md", "b.md"]
        assert kb.verify().ok


def test_rebuild_refuses_to_lose_a_root_that_is_not_there(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles, tmp_path: Path
) -> None:
    folder = write_files({"a.md": LEAVE})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.md").write_text(TRAVEL)
    ingest_folder(folder, kb, embeddings)
    ingest_folder(tmp_path / "other", kb, embeddings)
    shutil.rmtree(tmp_path / "other")

    with pytest.raises(IngestError, match=r"the missing folder \S+/other, which can't be read again"):
        ingest_folder(folder, kb, embeddings, IngestOptions(rebuild=True))
    assert len(seen(kb).documents()) == 2

    ingest_folder(folder, kb, embeddings, IngestOptions(rebuild=True, allow_removals=True))
    assert [each.source for each in seen(kb).documents()] == ["a.md"]


def test_rebuild_refuses_to_lose_what_a_program_stored(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    PassageStore(kb, embeddings, EVERYTHING).add_texts(["The office is open."])
    folder = write_files({"a.md": LEAVE})

    with pytest.raises(IngestError, match=r"a program \(langchain:documents\), which can't be read again"):
        ingest_folder(folder, kb, embeddings, IngestOptions(rebuild=True))
    assert seen(kb).passage_count() == 1


def test_writing_with_another_embedder_than_an_interrupted_rebuild_is_refused_before_embedding(
    kb: KnowledgeBase, kb_path: Path, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE})
    with (
        KnowledgeBase.create(
            kb_path, EmbedderFingerprint("another", 16, "1" * 64, "", ""), rebuild=True
        ) as rebuilding,
        rebuilding.writer() as writer,
    ):
        writer.clear()
    embeddings = CountingEmbeddings(size=32)

    with pytest.raises(KnowledgeBaseMismatch, match="another"):
        ingest_folder(folder, kb, embeddings)
    assert embeddings.count == 0


def test_documents_much_alike_and_repeated_passages_are_reported_and_found_once(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    rules = "\n\n".join(f"第{number}条 实验室第{number}号柜由值班人员每周检查一次。" for number in range(30))
    folder = write_files({"a.md": rules, "b.md": rules + "\n\n附则：本规定自发布之日起施行。", "c.md": LEAVE})
    first = ingest_folder(folder, kb, embeddings)

    records = {each["source"]: each for each in first.documents}
    assert [each["source"] for each in records["a.md"]["similar"]] == ["b.md"]
    assert [each["source"] for each in records["b.md"]["similar"]] == ["a.md"]
    assert records["b.md"]["similar"][0]["similarity"] > 0.9
    assert records["c.md"]["similar"] == []
    assert records["b.md"]["repeated_passages"] > 0 == records["a.md"]["repeated_passages"]
    assert "a.md: much like b.md" in first.to_text()

    (folder / "b.md").rename(folder / "d.md")
    (folder / "a.md").unlink()
    ingest_folder(folder, kb, embeddings)
    again = ingest_folder(write_files({"e.md": rules}), kb, embeddings)
    assert [each["source"] for each in again.documents[0]["similar"]] == ["d.md"]


def test_strict_run_with_a_failure_publishes_nothing_and_the_next_run_goes_on_as_before(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.md": TRAVEL, "terms.txt": "年假, 带薪假"})
    ingest_folder(folder, kb, embeddings)
    write_files({"a.md": "# 新制度\n\n年假改为十五天。\n", "new.txt": PUMP, "bad.txt": b"", "terms.txt": ""})
    (folder / "b.md").rename(folder / "c.md")

    refused = ingest_folder(folder, kb, embeddings, IngestOptions(strict=True))

    assert (refused.exit_status, refused.discarded) == (1, True)
    assert sorted(each.source for each in seen(kb).documents()) == ["a.md", "b.md"]
    assert "十二天" in seen(kb).text("a.md")
    assert _found(kb, "年假") == _found(kb, "带薪假") == ["a.md"]
    assert _found(kb, "pump") == []
    report = kb.verify()
    assert (report.ok, report.behind) == (True, False)

    (folder / "bad.txt").unlink()
    accepted = ingest_folder(folder, kb, embeddings, IngestOptions(strict=True))
    assert (accepted.exit_status, accepted.added, accepted.changed, accepted.renamed) == (0, 1, 1, 1)
    assert sorted(each.source for each in seen(kb).documents()) == ["a.md", "c.md", "new.txt"]
    assert "十五天" in seen(kb).text("a.md")
    assert kb.verify().ok


def test_interrupted_rebuild_leaves_the_old_passages_to_readers(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files({f"{number:03}.txt": f"Pump {number}." for number in range(150)})
    ingest_folder(folder, kb, embeddings)

    report = ingest_folder(
        folder, kb, CountingEmbeddings(size=32, stop_after=64), IngestOptions(rebuild=True)
    )

    assert report.interrupted
    assert seen(kb).passage_count() == 150
    with pytest.raises(KnowledgeBaseError, match="was being made anew and that was stopped"):
        PassageStore(kb, embeddings, EVERYTHING).add_texts(["The office is open."])

    counts: list[int] = []

    class Watching(DeterministicFakeEmbedding):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            counts.append(seen(kb).passage_count())
            return super().embed_documents(texts)

    again = CountingEmbeddings(size=32, stop_after=0)
    assert ingest_folder(folder, kb, again, IngestOptions(publish_every=0.0)).interrupted
    assert seen(kb).passage_count() == 150
    finished = ingest_folder(folder, kb, Watching(size=32), IngestOptions(publish_every=0.0))
    assert len(counts) > 1 and set(counts) == {150}
    assert finished.passages == seen(kb).passage_count() == 150
    assert kb.verify().ok


def test_stopped_rebuild_that_is_gone_on_with_takes_the_other_roots_along(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.md").write_text(TRAVEL)
    folder = write_files({"a.md": LEAVE})
    ingest_folder(folder, kb, embeddings)
    ingest_folder(tmp_path / "other", kb, embeddings)
    stopped = CountingEmbeddings(size=32, stop_after=0)
    assert ingest_folder(folder, kb, stopped, IngestOptions(rebuild=True)).interrupted

    ingest_folder(folder, kb, embeddings)

    assert sorted(each.source for each in seen(kb).documents()) == ["a.md", "b.md"]
    assert kb.verify().ok


def test_second_writer_is_refused(kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles) -> None:
    folder = write_files({"a.md": LEAVE})
    with kb.writer(), KnowledgeBase.open(kb.path) as other, pytest.raises(KnowledgeBaseBusy):
        ingest_folder(folder, other, embeddings)
