"""One reading process, seen from the process that ingests."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.parsers.base import UnreadableFile
from ingest.reading.document import ReadDocument
from ingest.reading.frames import HEADER, decode_frame, encode_frame, file_to_json, read_from_json
from ingest.sources import SourceFile
from rag.errors import IngestError

_START_SECONDS = 120.0  # a slow disk, many libraries
_CHUNK = 1 << 20  # bytes
_BYTES_PER_CHARACTER = 40  # of a frame: every passage repeats its text, and JSON escapes it


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What one file may cost before it is given up.

    The limits are generous: what reaches one is hostile, damaged or not a document.
    """

    seconds: float = 60.0  # to begin with
    page_seconds: float = 60.0  # more for each page that is done
    most_seconds: float = 3600.0  # whatever the number of pages
    memory: int = 3 << 30  # bytes of a reading process; 0: no limit
    characters: int = 20_000_000  # of text

    def allowed_seconds(self, pages: int) -> float:
        """How long a file may have taken when so many of its pages are done."""
        return min(self.seconds + self.page_seconds * pages, self.most_seconds)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How files are read, whichever process does it."""

    splitter: tuple[int, int] = (160, 320)  # target and greatest length, approximate tokens
    passwords: Sequence[str] = ()
    ocr: bool = True
    limits: ReadingLimits = field(default_factory=ReadingLimits)


class ReadingProcess:
    """Reads files one after the other in a process of its own; not for several threads at once."""

    def __init__(self, options: ReadingOptions) -> None:
        """
        Raises:
            IngestError: the process can't be started.
        """
        self._options = options
        self._limits = options.limits
        self._buffer = bytearray()
        try:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        except OSError as error:
            raise IngestError(f"no temporary file can be made: {error.strerror}; see to the disk") from error
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ingest.reading.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except OSError as error:
            self._errors.close()
            raise IngestError(f"a reading process can't be started: {error.strerror}") from error
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether it can take a file."""
        return self._process.poll() is None

    def read(self, file: SourceFile) -> ReadDocument:
        """Read a file, as soon as the process is ready. After an exception it is dead.

        Raises:
            IngestError: the process didn't get ready.
            UnreadableFile: it took too long or more memory than allowed, or its parser crashed.
        """
        if not self._ready:
            self._get_ready()
        start = time.monotonic()
        pages = 0
        request = {
            "file": file_to_json(file),
            "splitter": self._options.splitter,
            "passwords": list(self._options.passwords),
            "ocr": self._options.ocr,
            "characters": self._limits.characters,
        }
        try:
            self._send(request)
            while True:
                answer = self._receive(start + self._limits.allowed_seconds(pages))
                if "page" not in answer:
                    return read_from_json(answer)
                pages += 1
        except TimeoutError as error:
            self.kill()
            after = f" after {pages} pages" if pages else ""
            seconds = self._limits.allowed_seconds(pages)
            raise UnreadableFile(f"it takes too long: given up after {seconds:.0f} s{after}") from error
        except (EOFError, BrokenPipeError) as error:
            words = self._last_words()
            self.kill()
            raise UnreadableFile(_why_died(self._process.returncode, words)) from error
        except (ValueError, KeyError, TypeError) as error:
            self.kill()
            raise UnreadableFile("its reading process gave no valid answer") from error

    def kill(self) -> None:
        """End it at once, whatever it is doing; from any thread."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it and let go of its pipes; from the thread that reads."""
        self.kill()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def _get_ready(self) -> None:
        try:
            self._receive(time.monotonic() + _START_SECONDS)
            self._send({"memory": self._limits.memory})
        except (EOFError, BrokenPipeError, TimeoutError) as error:
            self.kill()
            reason = self._last_words() or str(error) or "it ended at once"
            raise IngestError(f"a reading process can't be started: {reason}") from error
        self._ready = True

    def _send(self, value: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        rest = memoryview(encode_frame(value))
        while rest:
            rest = rest[self._process.stdin.write(rest) or 0 :]

    def _receive(self, deadline: float) -> dict[str, Any]:
        """The next frame.

        Raises:
            TimeoutError: the deadline (monotonic time) passed.
            EOFError: the process has ended.
            ValueError: what came is no frame, or a larger one than the limits allow.
        """
        (length,) = HEADER.unpack(self._take(HEADER.size, deadline))
        if length > _BYTES_PER_CHARACTER * self._limits.characters:
            raise ValueError("too large an answer")
        return decode_frame(self._take(length, deadline))

    def _take(self, count: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while len(self._buffer) < count:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            data = os.read(descriptor, _CHUNK)
            if not data:
                raise EOFError
            self._buffer += data
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _last_words(self) -> str:
        """The last line the process wrote to standard error."""
        self._errors.seek(0)
        lines = self._errors.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""


def _why_died(status: int | None, words: str) -> str:
    if "MemoryError" in words or "bad_alloc" in words:
        return "it is too large for the memory that a reading process may have"
    if status is not None and status < 0:
        name = signal.Signals(-status).name
        if name == "SIGKILL":
            return "its reading process was killed (did it need more memory than there is?)"
        return f"its parser crashed ({name})"
    return f"its parser crashed: {words}" if words else "its parser crashed"
