"""Reading ahead: files are read in processes of their own while the passages before them are embedded."""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from types import TracebackType
from typing import Self

from ingest.parsers import parser_for, parser_name
from ingest.parsers.base import UnreadableFile
from ingest.parsers.reading_context import using_ocr, using_passwords
from ingest.reading.document import ReadDocument, failed_document, read_document
from ingest.reading.process import ReadingOptions, ReadingProcess
from ingest.sources import SourceFile, digest_file
from ingest.splitter import PassageSplitter

_AHEAD_FILES = 64  # read, or being read, but not yet asked for
_AHEAD_BYTES = 32 << 20
_SERVED = 500  # files; then a process makes way for a fresh one, lest what libraries leak adds up


def default_workers() -> int:
    """Half of the cores, up to eight: the other half embeds."""
    return max(1, min(8, (os.cpu_count() or 2) // 2))


class ReadingPool:
    """Reads files in ``workers`` processes; with none, in this one and without limits. A context manager.

    A file that breaks its process (or is broken off because of its limits) becomes a failed document, and the
    next file gets a fresh process. Processes are started when there is something to read.
    """

    def __init__(self, options: ReadingOptions, workers: int | None = None) -> None:
        self._options = options
        self._workers = default_workers() if workers is None else workers
        self._idle: SimpleQueue[tuple[ReadingProcess, int] | None] = SimpleQueue()
        self._processes: set[ReadingProcess] = set()
        self._lock = Lock()
        self._closed = False
        self._executor = ThreadPoolExecutor(max(1, self._workers), thread_name_prefix="reading")
        for _ in range(self._workers):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)
        for process in self._processes:
            process.close()

    def read(self, files: Iterable[SourceFile]) -> Iterator[ReadDocument]:
        """The documents of the files, in their order; read ahead of the caller, but not far.

        Raises:
            IngestError: no reading process can be started.
        """
        if not self._workers:
            splitter = PassageSplitter(*self._options.splitter)
            for file in files:
                with using_passwords(self._options.passwords), using_ocr(self._options.ocr):
                    read = read_document(file, splitter, most_characters=self._options.limits.characters)
                yield read
            return
        pending: deque[tuple[Future[ReadDocument], int]] = deque()
        ahead = 0
        for file in files:
            pending.append((self._executor.submit(self._read, file), file.size))
            ahead += file.size
            while len(pending) > _AHEAD_FILES or (ahead > _AHEAD_BYTES and len(pending) > self._workers):
                future, size = pending.popleft()
                ahead -= size
                yield future.result()
        while pending:
            yield pending.popleft()[0].result()

    def _read(self, file: SourceFile) -> ReadDocument:
        started = time.perf_counter()
        given = self._idle.get()
        process, served = given if given is not None else (None, 0)
        try:
            if process is None or not process.alive or served >= _SERVED:
                if process is not None:
                    self._forget(process)
                process, served = self._start(), 0
            read = process.read(file)
        except UnreadableFile as error:
            parser = parser_for(file.suffix)
            name = parser_name(parser) if parser is not None else ""
            report = {"seconds": round(time.perf_counter() - started, 3)}
            return failed_document(file, name, str(error), digest_file(file.path), report)
        finally:
            self._idle.put(None if process is None else (process, served + 1))
        return read

    def _start(self) -> ReadingProcess:
        process = ReadingProcess(self._options)
        with self._lock:
            self._processes.add(process)
            if self._closed:
                process.kill()
        return process

    def _forget(self, process: ReadingProcess) -> None:
        with self._lock:
            self._processes.discard(process)
        process.close()
