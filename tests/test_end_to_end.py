"""From the sample folder to a cited answer, with the real default weights and the real command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rag.knowledge_base import KnowledgeBase
from tests.reading import seen

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.weights


def run(*arguments: str) -> str:
    """Run a Python module of the project as a user would; what it printed."""
    finished = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The knowledge base of a few of the sample folder's documents."""
    place = tmp_path_factory.mktemp("sample")
    for name in ("products/tidal-p200-manual.pdf", "support/faq.md", "hr/新员工入职指南.txt"):
        (place / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "kb" / name, place / "docs" / name)
    counts = json.loads(run("ingest", str(place / "docs"), "--kb", str(place / "kb"), "--json"))
    assert counts["added"] == counts["files"] == 3 and not counts["failed"]
    return place / "kb"


def test_a_question_is_answered_with_a_citation_of_the_right_place(knowledge_base: Path) -> None:
    question = "How tightly should the four M5 screws of the Tidal P200 pump head be fastened?"
    record = json.loads(run("rag", "ask", question, "--json", "--kb", str(knowledge_base)))
    assert not record["abstained"] and "1.8" in record["answer"]
    assert "products/tidal-p200-manual.pdf" in {each["source"] for each in record["citations"]}
    with KnowledgeBase.open(knowledge_base) as opened:
        for citation in record["citations"]:
            text = seen(opened).text(citation["source"])
            assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert opened.verify().ok


@pytest.mark.slow
def test_the_sample_folder_is_ingested_whole(tmp_path: Path) -> None:
    counts = json.loads(run("ingest", "kb", "--kb", str(tmp_path / "kb"), "--json"))
    assert counts["added"] == counts["files"] >= 14 and not counts["failed"]
    assert run("rag", "verify", "--kb", str(tmp_path / "kb")).startswith("ok")
