"""A model that says what a test has written down: a small OpenAI-compatible server."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DECLINED = "The documents do not contain this."
_PIECE = 4  # characters


@contextmanager
def scripted_model(replies: Mapping[str, tuple[str, str]], pause: float = 0.0) -> Iterator[str]:
    """Serve it; yields its address for ``generator.base_url``.

    Args:
        replies: by words of the question, what must stand in the prompt for it, and what it says then; it
            declines every other question.
        pause: seconds between two pieces of a reply.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            prompt = str(request["messages"][-1]["content"])
            asked = prompt.rpartition("\n")[2]
            said = (text for words, (needed, text) in replies.items() if words in asked and needed in prompt)
            text = next(said, DECLINED)
            self.send_response(200)
            if not request.get("stream"):
                self._send("application/json", json.dumps(_event({"role": "assistant", "content": text})))
                return
            pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for piece in pieces:
                self.wfile.write(f"data: {json.dumps(_event({'content': piece}, 'delta'))}\n\n".encode())
                self.wfile.flush()
                time.sleep(pause)
            self.wfile.write(b"data: [DONE]\n\n")

        def _send(self, kind: str, body: str) -> None:
            data = body.encode()
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _event(message: Mapping[str, str], name: str = "message") -> dict[str, Any]:
    choice = {"index": 0, name: message, "finish_reason": None}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "small", "choices": [choice]}
