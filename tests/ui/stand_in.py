"""A model that always says the same: an OpenAI-compatible server that writes as slowly as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SAYING = "清泉净水器的滤芯每六个月更换一次 [1]。"


@dataclass
class StandIn:
    """What it says next, how fast and how far, and whether it fails instead; may be changed while it runs."""

    address: str
    saying: str = SAYING
    seconds: float = 1.0  # that it takes to say it
    allowed: int | None = None  # characters that it says before it waits to be allowed more
    failing: bool = False

    def begin(self) -> None:
        """Say at a middling pace what it says at first."""
        self.saying, self.seconds, self.allowed, self.failing = SAYING, 1.0, None, False


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Serve it; yields what it says, with its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if model.failing:
                self.send_error(400, "no")
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for number, character in enumerate(model.saying):
                    while model.allowed is not None and number >= model.allowed:
                        time.sleep(0.02)
                        self._tell({"content": ""}, None)  # or it wouldn't notice that it was stopped
                    self._tell({"content": character}, None)
                    time.sleep(model.seconds / len(model.saying))
                self._tell({}, "stop")
                self.wfile.write(b"data: [DONE]\n\n")
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was stopped

        def _tell(self, delta: dict[str, str], ended: str | None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": ended}
            chunk = {
                "id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice],
            }  # fmt: skip
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    server.daemon_threads = True
    model = StandIn(f"http://localhost:{server.server_port}/v1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
