"""From the sample folder to a cited answer, with the real default weights and the real command lines."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import ingest.__main__
import rag.__main__
from rag.knowledge_base import KnowledgeBase
from tests.reading import seen

ROOT = Path(__file__).parent.parent
SOME = ("products/tidal-p200-manual.pdf", "support/faq.md", "hr/新员工入职指南.txt")
pytestmark = pytest.mark.weights

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in the project's folder, in this process, which has its libraries; its output."""
    monkeypatch.chdir(ROOT)

    def run_command(main: Callable[[list[str]], int], *arguments: str) -> str:
        capsys.readouterr()
        status = main(list(arguments))
        printed, errors = capsys.readouterr()
        assert status == 0, errors
        return printed

    return run_command


def test_a_question_is_answered_with_a_citation_of_the_right_place(run: Run, tmp_path: Path) -> None:
    documents, kb = tmp_path / "documents", str(tmp_path / "kb")
    for name in SOME:
        (documents / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / "kb" / name, documents / name)
    counts = json.loads(run(ingest.__main__.main, str(documents), "--kb", kb, "--json"))
    assert counts["added"] == counts["files"] == len(SOME) and not counts["failed"]

    question = "How tightly should the four M5 screws of the Tidal P200 pump head be fastened?"
    record = json.loads(run(rag.__main__.main, "ask", question, "--json", "--kb", kb))
    assert not record["abstained"] and "1.8" in record["answer"]
    assert SOME[0] in {each["source"] for each in record["citations"]}
    with KnowledgeBase.open(tmp_path / "kb") as opened:
        for citation in record["citations"]:
            text = seen(opened).text(citation["source"])
            assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert opened.verify().ok


@pytest.mark.slow
def test_the_sample_folder_is_ingested_whole(run: Run, tmp_path: Path) -> None:
    kb = str(tmp_path / "kb")
    counts = json.loads(run(ingest.__main__.main, "kb", "--kb", kb, "--json"))
    assert counts["added"] == counts["files"] >= 14 and not counts["failed"]
    assert run(rag.__main__.main, "verify", "--kb", kb).startswith("ok")
