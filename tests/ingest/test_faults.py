"""Full disks and failing embedders: one clear line, nothing published is lost, the next run finishes."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from ingest.checking import check_folder
from ingest.pipeline import ingest_folder
from rag.errors import IngestError, KnowledgeBaseNotFound
from rag.knowledge_base import KnowledgeBase
from tests.ingest.ingest_process import COMMAND_LINE, run_command

pytestmark = pytest.mark.processes

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]
ROOT = Path(__file__).parents[2]

# Fills a small disk of its own, step by step less full, and ingests on it; then makes room and ingests again.
SMALL_DISK = f"""{COMMAND_LINE}
import contextlib, gc, io, json, random, shutil, subprocess
from pathlib import Path
from rag.knowledge_base import KnowledgeBase

source, config = Path(sys.argv[1]), sys.argv[2]
disk = Path(sys.argv[3])
folder, path, filler = disk / "docs", disk / "kb", disk / "filler"

def run(*flags):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        status = ingest.__main__.main([str(folder), "--kb", str(path), "--config", config, *flags])
    return status, [line for line in errors.getvalue().splitlines() if line and "/s]" not in line]

for number, free in enumerate([*range(40, 200, 20), *range(200, 400, 40), 3000]):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", disk], check=True)
    shutil.copytree(source, folder)
    assert run()[0] == 0
    for each in sorted(folder.iterdir())[:15]:
        if number % 2:
            each.unlink()
        else:
            each.write_text(f"Quite another text, {{each.name}}.")
    usage = os.statvfs(disk)
    filler.write_bytes(bytes(usage.f_bavail * usage.f_frsize - 1024 * free))
    status, errors = run()
    with KnowledgeBase.open(path) as kb:
        sound = kb.verify()
    filler.unlink()
    again = run()
    checked = run("--check")
    print(json.dumps([free, status, errors, list(sound.problems), again, checked]), flush=True)
    gc.collect()  # what a failed run had open may hang in a circle
    subprocess.run(["umount", disk], check=True)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "rag.toml"
    file.write_text("[ingest]\nworkers = 0\n")
    return file


@pytest.fixture
def folder(write_files: WriteFiles) -> Path:
    return write_files(
        {
            f"{number:02}.txt": "\n\n".join(
                f"第{number}号文件第{line}条：员工每年享有{line}天带薪年假。Pump {number * 100 + line}." * 8
                for line in range(12)
            )
            for number in range(40)
        }
    )


Ingest = Callable[..., tuple[int, str]]


@pytest.fixture
def ingest(folder: Path, kb_path: Path, config: Path) -> Ingest:
    """Run the command line in a process of its own; returns its status and the errors it printed."""

    arguments = [str(folder), "--kb", str(kb_path), "--config", str(config)]
    return partial(run_command, arguments)


def _assert_one_clear_line(errors: str) -> None:
    assert errors.startswith("error: ") and errors.count("\n") == 0, errors
    assert "Traceback" not in errors
    assert "run the same command again" in errors


def _assert_complete(folder: Path, kb_path: Path) -> None:
    with KnowledgeBase.open(kb_path) as kb:
        report = check_folder(folder, kb)
    assert report.ok, report.to_text()


@pytest.mark.parametrize("most_bytes", [1_000, 50_000, 250_000, 1_200_000])
def test_disk_that_takes_no_more_is_one_line_and_the_next_run_finishes(
    ingest: Ingest, folder: Path, kb_path: Path, most_bytes: int
) -> None:
    status, errors = ingest(most_bytes=most_bytes)

    assert status == 1
    _assert_one_clear_line(errors)
    assert "see to the disk" in errors and "rollback" not in errors
    try:
        with KnowledgeBase.open(kb_path) as kb:
            assert kb.verify().ok
    except KnowledgeBaseNotFound:
        assert most_bytes < 200_000
    assert ingest() == (0, "")
    _assert_complete(folder, kb_path)


def test_disk_that_fills_up_while_a_change_is_published_loses_nothing(
    tmp_path: Path, folder: Path, config: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            [*alone, "mount", "-t", "tmpfs", "tmpfs", str(disk)], capture_output=True
        ).returncode
    ):
        pytest.skip("this user may not mount a small disk")
    finished = subprocess.run(
        [*alone, sys.executable, "-c", SMALL_DISK, str(folder), str(config), str(disk)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert finished.returncode == 0, finished.stderr
    messages = []
    for free, status, errors, problems, again, checked in map(json.loads, finished.stdout.splitlines()):
        assert not problems
        assert (again, checked) == ([0, []], [0, []]), f"{free} KiB free"
        messages += errors
        assert status == (1 if errors else 0)
        if errors:
            _assert_one_clear_line("\n".join(errors))
    assert len(messages) > 5
    assert not errors, "the last disk was large enough"
    assert any("can't write the indexes" in each for each in messages), set(messages)
    assert any("can't use the catalogue" in each for each in messages)


@pytest.mark.parametrize("fails_after", [0, 300])
def test_failing_embedder_is_one_line_and_the_next_run_finishes(
    ingest: Ingest, folder: Path, kb_path: Path, fails_after: int
) -> None:
    status, errors = ingest(fails_after=fails_after)

    assert status == 1
    _assert_one_clear_line(errors)
    assert "the embedder failed: RuntimeError: the model is out of order" in errors
    with KnowledgeBase.open(kb_path) as kb:
        assert kb.verify().ok
        assert kb.verify().behind == bool(fails_after)
    assert ingest() == (0, "")
    _assert_complete(folder, kb_path)


@pytest.mark.parametrize("number", [float("nan"), 0.0])
def test_embedder_that_gives_no_vectors_is_refused(
    kb: KnowledgeBase, write_files: WriteFiles, number: float
) -> None:
    class Broken(DeterministicFakeEmbedding):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[number] * 32 for _ in texts]

    with pytest.raises(IngestError, match="the embedder failed: ValueError: not every text got a vector"):
        ingest_folder(write_files({"a.txt": "a"}), kb, Broken(size=32))
    assert kb.verify().ok
