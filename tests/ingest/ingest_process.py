"""Processes that ingest, to be killed or watched: forked from one that has the libraries loaded already."""

import contextlib
import io
import multiprocessing
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

# Loading libraries takes longer than what the tests have a process do.
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["ingest.__main__", "langchain_core.embeddings"])

# The command line with an embedder that needs no model, for a process of its own. The embedder takes so many
# seconds for a call, and fails from the text of that number on.
COMMAND_LINE = """
import os, sys, time
from langchain_core.embeddings import DeterministicFakeEmbedding
import ingest.__main__
from rag.models.fingerprint import EmbedderFingerprint

class Tiny(DeterministicFakeEmbedding):
    left: int = int(os.environ.get("FAILS_AFTER", 10**9))
    seconds: float = float(os.environ.get("TAKES_SECONDS", 0))

    @property
    def fingerprint(self):
        return EmbedderFingerprint("deterministic", 32, "0" * 64, "", "")

    def embed_documents(self, texts):
        time.sleep(self.seconds)
        self.left -= len(texts)
        if self.left < 0:
            raise RuntimeError("the model is\\n  out of order")
        return super().embed_documents(texts)

ingest.__main__.build_embeddings = lambda settings: Tiny(size=32)
"""
MAIN = f"{COMMAND_LINE}\nsys.exit(ingest.__main__.main())"

_CHANGES = {"Connection.execute", "Connection.executemany", "fsync", "replace", "unlink", "mkdir", "rmdir"}
_CHANGES |= {"IndexWriter.commit", "IndexWriter.wait_merging_threads"}


def run_command(arguments: list[str], *, most_bytes: int = 0, fails_after: int = 10**9) -> tuple[int, str]:
    """Run the command line in a process of its own; its status and the errors it printed.

    No file may become larger than ``most_bytes``, as on a full disk, unless that is 0.
    """
    ours, theirs = FORKING.Pipe()
    process = FORKING.Process(target=_command, args=(theirs, arguments, most_bytes, fails_after))
    process.start()
    theirs.close()
    with ours:
        status, errors = ours.recv()
    process.join()
    return status, "\n".join(each for each in errors.splitlines() if each and "/s]" not in each)


def _command(connection: Connection, arguments: list[str], most_bytes: int, fails_after: int) -> None:
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    os.environ["FAILS_AFTER"] = str(fails_after)
    sys.argv = ["ingest", *arguments]
    status: Any = 0
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(MAIN, {"__name__": "command"})
        except SystemExit as end:
            status = end.code
    connection.send((status, errors.getvalue()))


def _ingest(connection: Connection, folder: Path, path: Path, workers: int, hook: str) -> None:
    """Starts to ingest when told to, in small batches, each of which it publishes; says when it does.

    Told a number, it kills itself before it calls one of the functions that change files for that time.
    """
    from langchain_core.embeddings import DeterministicFakeEmbedding

    import ingest.pipeline
    from ingest.plan import IngestOptions
    from rag.knowledge_base import KnowledgeBase, Writer
    from rag.models.fingerprint import EmbedderFingerprint
    from rag.settings import IngestSettings

    if hook:
        sys.path.insert(0, hook)
    ingest.pipeline._BATCH_DOCUMENTS = 4
    publish = Writer.publish

    def announced(writer: Writer) -> int:
        connection.send("publishing")
        generation = publish(writer)
        connection.send("published")
        return generation

    Writer.publish = announced  # type: ignore[method-assign, assignment]
    options = IngestOptions(ingest=IngestSettings(workers=workers), publish_every=0.0, allow_removals=True)
    fingerprint = EmbedderFingerprint("deterministic", 32, "0" * 64, "", "")
    left = connection.recv()

    def count(frame: FrameType, event: str, called: object) -> None:
        nonlocal left
        if event == "c_call" and getattr(called, "__qualname__", "") in _CHANGES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    if left:
        sys.setprofile(count)
    with KnowledgeBase.create(path, fingerprint) as kb:
        report = ingest.pipeline.ingest_folder(folder, kb, DeterministicFakeEmbedding(size=32), options)
    sys.setprofile(None)
    assert report.exit_status == 0, report.to_text()


class Run:
    """An ingesting process, waiting to be started."""

    def __init__(self, folder: Path, kb: Path, workers: int, *, hook: str = "") -> None:
        self.workers = workers
        self._connection, theirs = FORKING.Pipe()
        self._process = FORKING.Process(target=_ingest, args=(theirs, folder, kb, workers, hook))
        self._process.start()
        theirs.close()

    def start(self, *, killed_before_change: int = 0) -> None:
        """Let it go; with a number, until it is about to change a file for that time."""
        self._connection.send(killed_before_change)

    def wait_for_publication(self, number: int) -> None:
        """Until the run begins to publish for that time, or ends."""
        while number and (said := self._read()):
            number -= said == "publishing"

    def kill_after(self, seconds: float) -> tuple[bool, bool]:
        """Kill it then, if it is still at work; tells whether it was killed, and whether while publishing.

        What it had started is seen to end as well.
        """
        self._process.join(seconds)
        if self._process.exitcode is None:
            assert self._process.pid is not None
            children = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            publishing = self._last() == "publishing"
            _, left = psutil.wait_procs(children, timeout=10)
            alive = [each for each in left if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
            assert not alive, "a reading process outlives the one that started it"
            return True, publishing
        assert self._process.exitcode in (0, -signal.SIGKILL)
        return self._process.exitcode != 0, self._last() == "publishing"

    def finish(self) -> None:
        """See it end well."""
        self._last()
        assert self._process.exitcode == 0

    def _read(self) -> str:
        try:
            return str(self._connection.recv())
        except (EOFError, ConnectionResetError):
            return ""

    def _last(self) -> str:
        """The last that it says before it ends."""
        last = ""
        while said := self._read():
            last = said
        self._process.join()
        return last
