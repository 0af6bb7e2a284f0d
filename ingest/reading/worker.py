"""The reading process, ``python -m ingest.reading.worker``: it reads the files it is told to, and gives JSON.

A parser meets files from anywhere. Here it can use up only its own memory, crash only its own process, and
neither reach the network nor start a program: an audit hook refuses both, for whatever library asks.
"""

import ctypes
import os
import signal
import sys
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

from ingest.parsers.reading_context import listening, using_ocr, using_passwords
from ingest.reading.document import read_document
from ingest.reading.frames import HEADER, decode_frame, encode_frame, file_from_json, read_to_json
from ingest.splitter import PassageSplitter

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_REFUSED = (
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "webbrowser.open",
)


def main() -> None:
    """Serve requests until standard input ends: whoever asked is gone then."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints mustn't come between the frames
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that ingests, which ends this
    requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_receive, args=(sys.stdin.buffer, requests), daemon=True).start()
    confine()
    _send(out, {"ready": True})
    while True:
        request = requests.get()
        if "memory" in request:
            limit_memory(request["memory"])
            continue
        with (
            using_passwords(request["passwords"]),
            using_ocr(request["ocr"]),
            listening(lambda: _send(out, {"page": True})),
        ):
            read = read_document(
                file_from_json(request["file"]),
                PassageSplitter(*request["splitter"]),
                most_characters=request["characters"],
            )
        _send(out, read_to_json(read))


def end_with_parent() -> None:
    """Have the kernel end this process with the thread that started it (on Linux).

    Standard input ends then too, but a library that keeps all other threads waiting would keep it unnoticed.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def confine() -> None:
    """Have this process refuse, from now on, to open connections and to start programs."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _REFUSED:
            raise PermissionError(f"a reading process may not do this: {event}")

    sys.addaudithook(refuse)


def limit_memory(size: int) -> None:
    """Let this process have no more than ``size`` bytes of memory of its own (on Linux)."""
    if size <= 0 or sys.platform != "linux":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    size = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_DATA, (size, most))


def _receive(stream: BinaryIO, requests: "SimpleQueue[dict[str, Any]]") -> None:
    while True:
        header = stream.read(HEADER.size)
        if len(header) < HEADER.size:
            os._exit(0)
        requests.put(decode_frame(stream.read(HEADER.unpack(header)[0])))


def _send(out: BinaryIO, value: dict[str, Any]) -> None:
    rest = memoryview(encode_frame(value))
    while rest:
        rest = rest[out.write(rest) :]


if __name__ == "__main__":
    main()
