"""What generators wrote, kept by weights, prompt and decoding: an ablation pays only for what changed."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from rag.files import cache_folder
from rag.models import generator as generators
from rag.models.generator import AnswerFinder, TrainedGenerator, adapter_file, finder_file
from rag.models.weights import resolve_model, weights_digest
from rag.settings import GeneratorSettings

_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(key TEXT PRIMARY KEY, text TEXT, usage TEXT, metadata TEXT) WITHOUT ROWID"
)
_KEPT = ("likelihoods", "finish_reason")  # of what a generator says about an answer


def generations_file() -> Path:
    """Where generations are kept; it can be deleted at any time."""
    return cache_folder() / "generations.sqlite"


class CachedGenerator(BaseChatModel):
    """A chat model that writes each answer once. Only whole answers are kept, never those that were stopped.

    ``identity`` names all that an answer depends on beside the messages. A ``fresh`` one looks nothing up.
    """

    generator: BaseChatModel
    identity: str
    file: Path
    fresh: bool = False

    _hits: int = PrivateAttr(default=0)

    @property
    def hits(self) -> int:
        """How many answers came from the cache so far."""
        return self._hits

    @property
    def trained_instructions(self) -> frozenset[str]:
        """Those of the generator behind the cache."""
        behind = self.generator
        return behind.trained_instructions if isinstance(behind, TrainedGenerator) else frozenset()

    @property
    def can_find(self) -> bool:
        """Whether the generator behind the cache can."""
        return isinstance(self.generator, AnswerFinder) and self.generator.can_find

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        """Those of the generator behind the cache, kept like its answers."""
        assert isinstance(self.generator, TrainedGenerator)
        key = self._key(messages, None, {"first tokens": list(candidates), "finder": finder})
        known = None if self.fresh else self._look_up(key)
        if known is not None:
            self._hits += 1
            return [float(each) for each in json.loads(known[0])]
        behind = self.generator
        if finder:
            assert isinstance(behind, AnswerFinder)
            found = behind.first_token_probabilities(messages, candidates, finder=True)
        else:
            found = behind.first_token_probabilities(messages, candidates)
        self._keep(key, AIMessageChunk(content=json.dumps(found)))
        return found

    @property
    def _llm_type(self) -> str:
        return "cached"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        key = self._key(messages, stop, kwargs)
        known = None if self.fresh else self._look_up(key)
        if known is not None:
            self._hits += 1
            text, usage, metadata = known
            message = AIMessageChunk(
                content=text, usage_metadata=usage, response_metadata=metadata, chunk_position="last"
            )
            yield ChatGenerationChunk(message=message)
            return
        whole: AIMessageChunk | None = None
        for chunk in self.generator.stream(messages, stop=stop, **kwargs):
            assert isinstance(chunk, AIMessageChunk)
            whole = chunk if whole is None else whole + chunk
            yield ChatGenerationChunk(message=chunk)
        if whole is not None:
            self._keep(key, whole)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text, usage = "", None
        metadata: dict[str, Any] = {}
        for chunk in self._stream(messages, stop, **kwargs):
            assert isinstance(chunk.message, AIMessageChunk)
            text += str(chunk.message.content)
            usage = chunk.message.usage_metadata or usage
            metadata |= chunk.message.response_metadata
        message = AIMessage(text, usage_metadata=usage, response_metadata=metadata)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _key(self, messages: Sequence[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> str:
        said = [[message.type, message.content] for message in messages]
        facts = json.dumps([self.identity, said, stop, options], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()

    def _look_up(self, key: str) -> tuple[str, UsageMetadata | None, dict[str, Any]] | None:
        with closing(self._open()) as database:
            row = database.execute(
                "SELECT text, usage, metadata FROM answers WHERE key = ?", (key,)
            ).fetchone()
        return (row[0], json.loads(row[1]), json.loads(row[2])) if row else None

    def _keep(self, key: str, message: AIMessageChunk) -> None:
        metadata = {
            name: message.response_metadata[name] for name in _KEPT if name in message.response_metadata
        }
        row = (key, str(message.content), json.dumps(message.usage_metadata), json.dumps(metadata))
        with closing(self._open()) as database, database:
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)

    def _open(self) -> sqlite3.Connection:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self.file, timeout=60)
        database.execute(_TABLE)
        return database


def cached_generator(
    generator: BaseChatModel, settings: GeneratorSettings, file: Path | None = None, *, fresh: bool = False
) -> CachedGenerator:
    """The generator that the settings name, with a cache before it.

    Raises:
        WeightsError: the weights that the settings name aren't there.
    """
    facts = settings.model_dump(mode="json")
    facts["weights"] = generator_digest(settings)
    facts["writing"] = _writing_digest(settings)
    facts["versions"] = [version("torch"), version("transformers")]
    identity = json.dumps(facts, sort_keys=True)
    return CachedGenerator(
        generator=generator, identity=identity, file=file or generations_file(), fresh=fresh
    )


def generator_digest(settings: GeneratorSettings) -> str:
    """The SHA-256 of a local generator's weights; "" for one that has none of ours."""
    if settings.model == "extractive" or _is_served(settings.model):
        return ""
    return weights_digest(resolve_model(settings.model))


def _writing_digest(settings: GeneratorSettings) -> str:
    """The SHA-256 of what beside the weights decides what is written: our decoding, the model's template."""
    digest = hashlib.sha256()
    files = sorted(Path(generators.__file__).parent.glob("*.py"))
    if generator_digest(settings):
        folder = resolve_model(settings.model)
        files += sorted(each for pattern in ("*.json", "*.jinja") for each in folder.glob(pattern))
    adapters = [each for each in (adapter_file(settings), finder_file(settings)) if each is not None]
    for file in [*files, *adapters]:
        digest.update(f"{file.name}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_served(model: str) -> bool:
    provider, colon, _ = model.partition(":")
    return bool(colon) and len(provider) > 1 and not Path(model).exists()
