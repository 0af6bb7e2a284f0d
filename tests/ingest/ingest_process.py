"""A run of ingest in a process of its own, to be killed or watched."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]

# Starts to ingest when told to, in small batches, each of which it publishes; says when it does. Told a
# number, it kills itself before it calls one of the functions that change files for that time.
DRIVER = """
import os
import signal
import sys
from pathlib import Path

from langchain_core.embeddings import DeterministicFakeEmbedding

import ingest.pipeline
from ingest.plan import IngestOptions
from rag.knowledge_base import (KnowledgeBase, Writer)
from rag.models.fingerprint import EmbedderFingerprint
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
changes = {"Connection.execute", "Connection.executemany", "fsync", "replace", "unlink", "mkdir", "rmdir"}
changes |= {"IndexWriter.commit", "IndexWriter.wait_merging_threads"}
print("ready", flush=True)
most = left = int(sys.stdin.readline())


def count(frame, event, called):
    global left
    if event == "c_call" and getattr(called, "__qualname__", "") in changes:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if left:
    sys.setprofile(count)
with KnowledgeBase.create(path, fingerprint) as kb:
    report = ingest.pipeline.ingest_folder(folder, kb, DeterministicFakeEmbedding(size=32), options)
sys.setprofile(None)
print("changes", most - left, flush=True)
assert report.exit_status == 0, report.to_text()
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

    def start(self, *, killed_before_change: int = 0) -> None:
        """Let it go; with a number, until it is about to change a file for that time."""
        assert self._process.stdin is not None
        assert self._read() == "ready"
        self._process.stdin.write(f"{killed_before_change}\n")
        self._process.stdin.flush()

    def wait_for_publication(self, number: int) -> None:
        """Until the run begins to publish for that time, or ends."""
        while number and (line := self._read()):
            number -= line == "publishing"

    def kill_after(self, seconds: float) -> tuple[bool, bool]:
        """Kill it then, if it is still at work; tells whether it was killed, and whether while publishing.

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
        said = self._close()
        assert self._process.returncode in (0, -signal.SIGKILL)
        return self._process.returncode != 0, said.strip().endswith("publishing")

    def finish(self) -> int:
        """See it end well; returns how often it changed a file, if it was told a number."""
        said = self._close()
        assert self._process.returncode == 0
        return int(said.split("changes")[-1])

    def _read(self) -> str:
        assert self._process.stdout is not None
        return str(self._process.stdout.readline()).strip()

    def _close(self) -> str:
        said, _ = self._process.communicate()
        return str(said)
