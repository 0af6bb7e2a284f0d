"""A model that says what a test has written down: an OpenAI-compatible server, as slow as it is told."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SAYING = "清泉净水器的滤芯每六个月更换一次 [1]。"
_SHORTEST_PAUSE = 0.02


@dataclass
class StandIn:
    """What it says next, how fast and how far, and whether it fails instead; may be changed while it runs."""

    address: str
    saying: str = SAYING
    # By words of the question, what must stand in the prompt, and what it says then in the place of `saying`.
    replies: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    seconds: float = 1.0  # that it takes to say it
    allowed: int | None = None  # characters that it says before it waits to be allowed more
    failing: bool = False

    def begin(self) -> None:
        """Say at a middling pace what it says at first."""
        self.saying, self.seconds, self.allowed, self.failing = SAYING, 1.0, None, False

    def reply(self, prompt: str) -> str:
        """What it says to a prompt, which ends with the question."""
        asked = prompt.rpartition("\n")[2]
        said = (text for words, (needed, text) in self.replies.items() if words in asked and needed in prompt)
        return next(said, self.saying)

    def pieces(self, text: str) -> Iterator[str]:
        """The text in pieces at its pace; empty ones while it waits, or it wouldn't notice a stop."""
        step = max(1, round(len(text) * _SHORTEST_PAUSE / self.seconds))
        for start in range(0, len(text), step):
            while self.allowed is not None and start >= self.allowed:
                time.sleep(_SHORTEST_PAUSE)
                yield ""
            yield text[start : start + step]
            time.sleep(self.seconds * step / len(text))


@contextmanager
def stand_in(**first: Any) -> Iterator[StandIn]:
    """Serve it; yields what it says (at first what is given), with its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if model.failing:
                self.send_error(400, "no")
                return
            text = model.reply(str(request["messages"][-1]["content"]))
            self.send_response(200)
            if not request.get("stream"):
                body = json.dumps(_event({"role": "assistant", "content": text}, "message")).encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for piece in model.pieces(text):
                    self._tell(json.dumps(_event({"content": piece}, "delta")))
                self._tell("[DONE]")
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was stopped

        def _tell(self, data: str) -> None:
            self.wfile.write(f"data: {data}\n\n".encode())
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    server.daemon_threads = True
    model = StandIn(f"http://localhost:{server.server_port}/v1", **first)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()


def _event(message: Mapping[str, str], name: str) -> dict[str, Any]:
    choice = {"index": 0, name: message, "finish_reason": None}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
