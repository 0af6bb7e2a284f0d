"""Another chat model in place of ours: a small OpenAI-compatible server, spoken to over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage

from rag.build import build_generator
from rag.errors import ConfigError, GenerationError
from rag.models.generator import ChatGenerator
from rag.settings import GeneratorSettings

PIECES = ["水泵", "每六个月", "清洗一次", "[1]。"]
QUESTION = [SystemMessage("请根据资料回答。"), HumanMessage("水泵多久清洗一次？")]


class _CompletionsHandler(BaseHTTPRequestHandler):
    """POST /v1/chat/completions as the OpenAI API reference describes it, with and without streaming."""

    requests: list[dict[str, Any]]
    failure: tuple[int, str] | None

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append({**request, "path": self.path, "key": self.headers["Authorization"]})
        if self.failure is not None:
            status, message = self.failure
            self._reply(status, "application/json", json.dumps({"error": {"message": message}}))
        elif request.get("stream"):
            events = [self._chunk({"content": piece}) for piece in PIECES]
            events.append(self._chunk({}, finish="stop"))
            events.append({**self._chunk({}), "choices": [], "usage": self._usage()})
            body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
            self._reply(200, "text/event-stream", body)
        else:
            reply = {"role": "assistant", "content": "".join(PIECES)}
            choice = {"index": 0, "message": reply, "finish_reason": "stop"}
            head = {"id": "1", "object": "chat.completion", "created": 0, "model": "small"}
            body = json.dumps({**head, "choices": [choice], "usage": self._usage()})
            self._reply(200, "application/json", body)

    def _chunk(self, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "small",
            "choices": [choice],
        }

    def _usage(self) -> dict[str, int]:
        return {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28}

    def _reply(self, status: int, kind: str, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


class Server:
    """The server of one test: where it is, what it was asked, and how it should fail."""

    def __init__(self) -> None:

        class Handler(_CompletionsHandler):
            requests: list[dict[str, Any]] = []  # noqa: RUF012
            failure: tuple[int, str] | None = None

        self._handler = Handler
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self._handler.requests

    def fail(self, status: int, message: str) -> None:
        self._handler.failure = (status, message)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-secret")
    server = Server()
    yield server
    server.close()


def settings_for(url: str, **values: Any) -> GeneratorSettings:
    return GeneratorSettings(model="openai:small", base_url=url, **values)


def test_a_served_model_answers(server: Server) -> None:
    model = build_generator(settings_for(server.url, max_tokens=77, seed=9))
    answer = model.invoke(QUESTION)
    assert answer.text == "水泵每六个月清洗一次[1]。"
    assert answer.usage_metadata is not None and answer.usage_metadata["input_tokens"] == 20
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["key"] == "Bearer not-a-secret"
    assert (request["model"], request["temperature"], request["seed"]) == ("small", 0.0, 9)
    assert 77 in (request.get("max_tokens"), request.get("max_completion_tokens"))
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


def test_a_served_model_streams(server: Server) -> None:
    chunks = list(build_generator(settings_for(server.url)).stream(QUESTION, stop=["\n\n"]))
    assert [chunk.text for chunk in chunks if chunk.text] == PIECES
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert isinstance(whole, AIMessageChunk)
    assert whole.usage_metadata is not None and whole.usage_metadata["output_tokens"] == 8
    (request,) = server.requests
    assert request["stream"] is True and request["stop"] == ["\n\n"]


def test_a_servers_error_is_one_line_that_names_server_and_cause(server: Server) -> None:
    server.fail(404, "the model 'small' does not exist")
    model = build_generator(settings_for(server.url))
    for ask in (model.invoke, lambda question: list(model.stream(question))):
        with pytest.raises(GenerationError, match=r"openai:small at http.*does not exist") as caught:
            ask(QUESTION)
        assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there_is_one_line_that_says_what_to_check(server: Server) -> None:
    server.close()
    model = build_generator(settings_for(server.url))
    assert isinstance(model, ChatGenerator)
    model.model.max_retries = 0  # type: ignore[attr-defined]
    with pytest.raises(
        GenerationError, match=f"{server.url} doesn't answer: .*base_url in rag.toml"
    ) as caught:
        model.invoke(QUESTION)
    assert "\n" not in str(caught.value)


def test_a_missing_api_key_is_reported_when_the_model_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match=r"'openai:small' can't be set up: .*OPENAI_API_KEY") as caught:
        build_generator(GeneratorSettings(model="openai:small"))
    assert "\n" not in str(caught.value)


def test_a_provider_whose_package_is_missing_names_the_package() -> None:
    with pytest.raises(ConfigError, match=r"'mistralai:small' can't be used: .*langchain-mistralai"):
        build_generator(GeneratorSettings(model="mistralai:small"))


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(ConfigError, match="nonesuch") as caught:
        build_generator(GeneratorSettings(model="nonesuch:small"))
    assert "\n" not in str(caught.value)


def test_a_model_that_cannot_stream_answers_in_one_piece() -> None:
    inner = FakeMessagesListChatModel(responses=[AIMessage("每六个月。")])
    (chunk,) = ChatGenerator(inner).stream(QUESTION)
    assert chunk.text == "每六个月。"
