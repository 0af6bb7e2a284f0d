"""Runs that are killed at any moment: what was published stays whole, and the next run finishes the work."""

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil
import pytest

from ingest.checking import check_folder
from rag.knowledge_base import KnowledgeBase
from rag.knowledge_base.schema import CATALOGUE
from tests.ingest.changing_folder import ChangingFolder, Version, find_whole_versions

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]

# Starts to ingest when told to, in small batches, each of which it publishes; says when it does.
DRIVER = """
import sys
from pathlib import Path

from langchain_core.embeddings import DeterministicFakeEmbedding

import ingest.pipeline
from ingest.plan import IngestOptions
from rag.knowledge_base import EmbedderFingerprint, KnowledgeBase, Writer
from rag.settings import IngestSettings

folder, path, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
ingest.pipeline._BATCH_DOCUMENTS = 4
publish = Writer.publish


def announced(writer):
    print("publishing", flush=True)
    generation = publish(writer)
    print("published", flush=True)
    return generation


Writer.publish = announced
options = IngestOptions(ingest=IngestSettings(workers=workers), publish_every=0.0, allow_removals=True)
fingerprint = EmbedderFingerprint("deterministic", 32, "0" * 64, "", "")
print("ready", flush=True)
sys.stdin.readline()
with KnowledgeBase.create(path, fingerprint) as kb:
    report = ingest.pipeline.ingest_folder(folder, kb, DeterministicFakeEmbedding(size=32), options)
assert report.exit_status == 0, report.to_text()
"""

# A stand-in for a parser that hangs where no other thread gets a turn, put before the parsers.
STUCK_PARSER = """
import re, sys
from pathlib import Path

import ingest.parsers


class Stuck:
    name, version = "stuck", 1

    def lazy_parse(self, blob):
        Path(blob.as_string()).touch()
        re.match("(a+)+$", "a" * 60 + "b")
        yield


ingest.parsers.parser_for = lambda suffix: Stuck()
import ingest.reading
ingest.reading.parser_for = ingest.parsers.parser_for
"""


class Run:
    """An ingesting process, waiting to be started: loading its libraries takes longer than its work."""

    def __init__(self, folder: Path, kb: Path, workers: int, *, path: str = "") -> None:
        self.workers = workers
        self._process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(folder), str(kb), str(workers)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> None:
        assert self._process.stdin is not None
        assert self._read() == "ready"
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def wait_for_publication(self, number: int) -> None:
        """Until the run begins to publish for that time, or ends."""
        while number and (line := self._read()):
            number -= line == "publishing"

    def kill_after(self, seconds: float) -> tuple[bool, bool]:
        """Kill it then, if it is still at work; tells whether it was, and whether it was publishing.

        What it had started is seen to end as well.
        """
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            children = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            said = self._close()
            _, alive = psutil.wait_procs(children, timeout=10)
            assert not alive, "a reading process outlives the one that started it"
            return True, said.strip().endswith("publishing")
        self.finish()
        return False, False

    def finish(self) -> None:
        self._close()
        assert self._process.returncode == 0

    def _read(self) -> str:
        assert self._process.stdout is not None
        return str(self._process.stdout.readline()).strip()

    def _close(self) -> str:
        said, _ = self._process.communicate()
        return str(said)


def _kill_again_and_again(tmp_path: Path, kills: int, seed: int) -> None:
    random = Random(seed)
    folder = ChangingFolder(tmp_path / "docs", 24, random)
    kb = tmp_path / "kb"
    killed = while_publishing = with_work_left = 0
    versions: dict[str, Version] = {}
    generation = 0
    longest = {0: 0.8, 1: 2.0}  # seconds of a run; learnt from those that came to their end
    run = Run(folder.path, kb, 0)
    for number in range(10 * kills):
        untouched = folder.edit()
        started = time.perf_counter()
        run.start()
        if number % 3 == 0:
            run.wait_for_publication(random.randint(1, 6))
            moment = random.uniform(0, 0.15)
        else:
            moment = random.uniform(0, longest[run.workers])
        was_killed, was_publishing = run.kill_after(moment)
        if not was_killed:
            longest[run.workers] = 0.7 * longest[run.workers] + 0.3 * (time.perf_counter() - started)
        run = Run(folder.path, kb, (number + 1) % 2)
        killed += was_killed
        while_publishing += was_publishing
        if not (kb / CATALOGUE).is_file():
            assert generation == 0
            continue
        found = find_whole_versions(kb, folder)
        assert found.generation >= generation
        for source in untouched & versions.keys():
            assert source in found.versions, f"{source} was lost"
            if versions[source] == folder.current[source]:
                assert found.versions[source] == versions[source], f"{source} went back to an older version"
        with_work_left += found.verified.behind
        versions, generation = found.versions, found.generation
        if killed >= kills:
            break
    run.start()
    run.finish()

    assert killed >= kills
    assert while_publishing, "no kill came while a run was publishing: the moments are badly chosen"
    assert with_work_left, "no kill came between a change and its publication"
    assert find_whole_versions(kb, folder).versions == folder.current
    with KnowledgeBase.open(kb) as knowledge_base:
        report = check_folder(folder.path, knowledge_base)
    assert report.ok, report.to_text()
    logger.info("%d kills, %d while publishing, %d with work left", killed, while_publishing, with_work_left)


def test_killed_runs_leave_whole_versions_and_the_next_run_finishes(tmp_path: Path) -> None:
    _kill_again_and_again(tmp_path, 15, seed=1)


def test_reading_process_that_hangs_ends_with_the_run_that_is_killed(tmp_path: Path) -> None:
    hook, docs = tmp_path / "hook", tmp_path / "docs"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import sys\nif 'ingest.worker' in ' '.join(sys.orig_argv):\n    import stuck_parser\n"
    )
    (hook / "stuck_parser.py").write_text(STUCK_PARSER)
    docs.mkdir()
    mark = tmp_path / "mark"
    (docs / "a.txt").write_text(str(mark))
    run = Run(docs, tmp_path / "kb", 1, path=str(hook))
    run.start()
    deadline = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert run.kill_after(0.2) == (True, False)


@pytest.mark.slow
def test_many_killed_runs_leave_whole_versions(tmp_path: Path) -> None:
    _kill_again_and_again(tmp_path, 120, seed=2)
