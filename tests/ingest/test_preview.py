"""A dry run tells what would happen and changes nothing."""

from collections.abc import Callable, Mapping
from pathlib import Path

from langchain_core.embeddings import Embeddings

from ingest.pipeline import ingest_folder
from ingest.plan import IngestOptions
from ingest.preview import preview_folder
from rag.knowledge_base import KnowledgeBase
from tests.reading import seen

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]


def test_preview_foretells_the_run(
    kb: KnowledgeBase, embeddings: Embeddings, write_files: WriteFiles
) -> None:
    folder = write_files(
        {"a.md": "# 甲\n\n一。", "b.md": "# 乙\n\n二。", "c.md": "# 丙\n\n三。", "d.txt": "Same."}
    )
    ingest_folder(folder, kb, embeddings)
    (folder / "a.md").unlink()
    (folder / "d.txt").rename(folder / "e.txt")
    write_files(
        {"b.md": "# 乙\n\n改。", "new.md": "新。", "bad.pdf": b"x", "z.xyz": b"x", "terms.txt": "年假"}
    )
    generation = kb.generation

    foretold = preview_folder(folder, kb)

    assert kb.generation == generation
    assert seen(kb).text("b.md").endswith("二。")
    told = ingest_folder(folder, kb, embeddings)
    counts = ("files", "added", "changed", "removed", "renamed", "unchanged", "passages")
    assert [getattr(foretold, name) for name in counts] == [getattr(told, name) for name in counts]
    assert (foretold.failed, foretold.skipped, foretold.glossary) == (
        told.failed,
        told.skipped,
        told.glossary,
    )
    assert foretold.exit_status == told.exit_status == 3
    assert "nothing was changed" in foretold.to_text()


def test_preview_needs_no_knowledge_base(write_files: WriteFiles, kb_path: Path) -> None:
    report = preview_folder(write_files({"a.md": "一。"}), None, IngestOptions(rebuild=True))

    assert (report.added, report.passages, report.generation) == (1, 1, None)
    assert not kb_path.exists()
