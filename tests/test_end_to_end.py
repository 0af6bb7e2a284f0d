"""From the sample folder to a cited answer, with the real default weights and the real command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    folder = tmp_path_factory.mktemp("sample") / "kb"
    counts = json.loads(run("ingest", "kb", "--kb", str(folder), "--json"))
    assert counts["added"] == counts["files"] >= 14 and not counts["failed"]
    return folder


def test_a_question_is_answered_with_a_citation_of_the_right_place(knowledge_base: Path) -> None:
    question = "How tightly should the four M5 screws of the Tidal P200 pump head be fastened?"
    record = json.loads(run("rag", "ask", question, "--json", "--kb", str(knowledge_base)))
    assert not record["abstained"] and "1.8" in record["answer"]
    assert "products/tidal-p200-manual.pdf" in {each["source"] for each in record["citations"]}
    for citation in record["citations"]:
        text = run("rag", "text", citation["source"], "--kb", str(knowledge_base))
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_the_knowledge_base_verifies(knowledge_base: Path) -> None:
    assert run("rag", "verify", "--kb", str(knowledge_base)).startswith("ok")
