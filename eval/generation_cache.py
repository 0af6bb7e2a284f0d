"""What generators wrote, kept by weights, prompt and decoding: an ablation pays only for what changed."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableConfig

from rag.files import cache_folder
from rag.models import generator as generators
from rag.models.generator import Abilities, Generator, Local, adapter_file, finder_file
from rag.models.generator.engines import engine_at_hand
from rag.models.weights import gguf_digest, resolve_gguf, resolve_model, weights_digest
from rag.settings import GeneratorSettings

_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(key TEXT PRIMARY KEY, text TEXT, usage TEXT, metadata TEXT) WITHOUT ROWID"
)
_KEPT = ("likelihoods", "finish_reason")  # of what a generator says about an answer


def generations_file() -> Path:
    """Where generations are kept; it can be deleted at any time."""
    return cache_folder() / "generations.sqlite"


class CachedGenerator:
    """A generator that writes each answer once. Only whole answers are kept, never those that were stopped.

    ``identity`` names all that an answer depends on beside the messages. A ``fresh`` one looks nothing up.
    """

    def __init__(self, generator: Generator, identity: str, file: Path, *, fresh: bool = False) -> None:
        self.identity = identity
        self.hits = 0  # how many answers came from the cache so far
        self._generator = generator
        self._file = file
        self._fresh = fresh

    @property
    def model_name(self) -> str:
        """That of the generator behind the cache."""
        return self._generator.model_name

    @property
    def abilities(self) -> Abilities:
        """Those of the generator behind the cache, whose probabilities are kept like its answers.

        It is loaded when it first has to answer itself.
        """
        behind = self._generator.abilities
        local = _CachedLocal(behind.local, self) if behind.local is not None else None
        return replace(behind, local=local, load_ahead=None)

    def stream(
        self,
        input: list[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **options: Any,
    ) -> Iterator[AIMessageChunk]:
        """See `Generator`."""
        key = self._key(input, stop, options)
        known = self._look_up(key)
        if known is not None:
            yield AIMessageChunk(
                content=known.text,
                usage_metadata=known.usage_metadata,
                response_metadata=known.response_metadata,
                chunk_position="last",
            )
            return
        whole: AIMessageChunk | None = None
        for chunk in self._generator.stream(input, config, stop=stop, **options):
            whole = chunk if whole is None else whole + chunk
            yield chunk
        if whole is not None:
            self._keep(key, whole)

    def invoke(
        self,
        input: list[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **options: Any,
    ) -> AIMessage:
        """See `Generator`."""
        key = self._key(input, stop, options)
        known = self._look_up(key)
        if known is not None:
            return known
        message = self._generator.invoke(input, config, stop=stop, **options)
        self._keep(key, message)
        return message

    def first_token_probabilities(
        self, local: Local, messages: Sequence[BaseMessage], candidates: Sequence[str], finder: bool
    ) -> list[float]:
        """What ``local`` says, kept like an answer."""
        key = self._key(messages, None, {"first tokens": list(candidates), "finder": finder})
        known = self._look_up(key)
        if known is not None:
            return [float(each) for each in json.loads(str(known.text))]
        found = local.first_token_probabilities(messages, candidates, finder=finder)
        self._keep(key, AIMessage(json.dumps(found)))
        return found

    def _key(self, messages: Sequence[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> str:
        said = [[message.type, message.content] for message in messages]
        facts = json.dumps([self.identity, said, stop, options], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()

    def _look_up(self, key: str) -> AIMessage | None:
        if self._fresh:
            return None
        with closing(self._open()) as database:
            row = database.execute(
                "SELECT text, usage, metadata FROM answers WHERE key = ?", (key,)
            ).fetchone()
        if row is None:
            return None
        self.hits += 1
        return AIMessage(row[0], usage_metadata=json.loads(row[1]), response_metadata=json.loads(row[2]))

    def _keep(self, key: str, message: AIMessage) -> None:
        metadata = {
            name: message.response_metadata[name] for name in _KEPT if name in message.response_metadata
        }
        row = (key, str(message.content), json.dumps(message.usage_metadata), json.dumps(metadata))
        with closing(self._open()) as database, database:
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._file, timeout=60)
        database.execute(_TABLE)
        return database


@dataclass(frozen=True, slots=True)
class _CachedLocal:
    """What a local model can do, by way of the cache."""

    behind: Local
    cache: CachedGenerator

    @property
    def trained_instructions(self) -> frozenset[str]:
        return self.behind.trained_instructions

    @property
    def can_find(self) -> bool:
        return self.behind.can_find

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        return self.cache.first_token_probabilities(self.behind, messages, candidates, finder)


def cached_generator(
    generator: Generator, settings: GeneratorSettings, file: Path | None = None, *, fresh: bool = False
) -> CachedGenerator:
    """The generator that the settings name, with a cache before it.

    Raises:
        WeightsError: the weights that the settings name aren't there.
    """
    facts = settings.model_dump(mode="json")
    engine = engine_at_hand(settings).name if _is_local(settings) else ""
    facts |= {"engine": engine, "weights": generator_digest(settings), "writing": _writing_digest(settings)}
    packages = ("xllamacpp",) if engine == "llama.cpp" else ("torch", "transformers")
    facts["versions"] = [version(each) for each in packages]
    identity = json.dumps(facts, sort_keys=True)
    return CachedGenerator(generator, identity, file or generations_file(), fresh=fresh)


def generator_digest(settings: GeneratorSettings) -> str:
    """The SHA-256 of a local generator's weights; "" for one that has none of ours."""
    if not _is_local(settings):
        return ""
    if engine_at_hand(settings).name == "llama.cpp":
        return gguf_digest(resolve_gguf(settings.model))
    return weights_digest(resolve_model(settings.model))


def _writing_digest(settings: GeneratorSettings) -> str:
    """The SHA-256 of what beside the weights decides what is written: our decoding, the model's template."""
    digest = hashlib.sha256()
    code = Path(generators.__file__).parent
    files = sorted(code.glob("*.py"))
    if _is_local(settings) and engine_at_hand(settings).name == "llama.cpp":
        files += sorted((code / "llama_cpp").glob("*.py"))  # the file has the template
    elif _is_local(settings):
        files += sorted((code / "transformers").glob("*.py"))
        folder = resolve_model(settings.model)
        files += sorted(each for pattern in ("*.json", "*.jinja") for each in folder.glob(pattern))
    adapters = [each for each in (adapter_file(settings), finder_file(settings)) if each is not None]
    for file in [*files, *adapters]:
        digest.update(f"{file.name}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_local(settings: GeneratorSettings) -> bool:
    """Whether a model runs in this process."""
    provider, colon, _ = settings.model.partition(":")
    served = bool(colon) and len(provider) > 1 and not Path(settings.model).exists()
    return settings.model != "extractive" and not served
