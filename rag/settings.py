"""Settings: ``rag.toml`` over defaults, and a command's flags over both.

Secrets come from the environment only. An unknown key is refused, so that a typing error can't silently
change nothing.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigError

DEFAULT_FILE = "rag.toml"
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
EmbedderDtype = Literal["auto", "int8", "float32", "bfloat16", "float16"]
EngineName = Literal["transformers", "llama.cpp"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class KnowledgeBaseSettings(_Section):
    """Where the knowledge base lies; a relative path is relative to the settings file."""

    path: Path = Path(".wenju")


class EmbedderSettings(_Section):
    """``model`` is a short name, a local folder or a hub id. Prefixes of None mean the model's own."""

    model: str = "multilingual-e5-small"
    device: str = "auto"
    dtype: EmbedderDtype = "auto"
    batch_size: int = Field(32, ge=1)
    query_prefix: str | None = None
    passage_prefix: str | None = None


class GeneratorSettings(_Section):
    """``model`` is a short name, a local folder, a hub id, a GGUF file, "extractive", or "provider:model".

    ``engine`` runs a local model: "auto" is what suits the model and the machine.
    ``adapter``: what it was trained further with to answer from passages; "auto" is what comes with the
    program for that model, "none" the model as it is, everything else a file of that form. A second one
    beside it, NAME.finder.safetensors, finds what is asked for (`python -m training generator`).
    """

    model: str = "qwen2.5-coder-1.5b-instruct"
    engine: Literal["auto"] | EngineName = "auto"
    adapter: str = "auto"
    device: str = "auto"
    dtype: Dtype = "auto"
    temperature: float = Field(0.0, ge=0.0)
    seed: int = 0
    max_tokens: int = Field(256, ge=1)  # of an answer
    prompt_lookup_tokens: int | None = Field(None, ge=0)  # guessed ahead; None: as many as suit the engine
    base_url: str | None = None  # of a "provider:model" served elsewhere


class IngestSettings(_Section):
    """How files are read: by ``workers`` processes (left out: half of the cores; 0: in the same process,
    without limits), each file within the limits; pages that are pictures by ``ocr``.
    """

    workers: int | None = Field(None, ge=0)
    ocr: bool = True
    seconds_per_file: float = Field(60.0, gt=0)
    seconds_per_page: float = Field(60.0, ge=0)  # more for each page that is done
    memory_mb: int = Field(3072, ge=0)  # of a reading process; 0: no limit
    max_characters: int = Field(20_000_000, ge=1)  # of a file's text


class SplitterSettings(_Section):
    """Lengths are in approximate tokens (``rag.text.language.approximate_tokens``)."""

    target_tokens: int = Field(160, ge=16)
    max_tokens: int = Field(320, ge=32)


class RetrievalSettings(_Section):
    """``candidates`` of each search are fused into ``k`` passages.

    ``fusion``: by what all searches say of each ("scores"), or by reciprocal ranks ("ranks"), for which alone
    ``rrf_constant`` is. ``cross_language``: find passages in the other language than the question's, too,
    and by the question's words in ``translation`` besides.
    ``split_questions``: search a question that asks two things by its parts, too, and read of each.
    ``follow_names``: where a question describes what it doesn't name, search once more with the names in the
    best passage; for ``fusion`` by scores only.
    """

    k: int = Field(6, ge=1)
    candidates: int = Field(100, ge=1)
    fusion: Literal["scores", "ranks"] = "scores"
    cross_language: bool = True
    translation: bool = True
    split_questions: bool = True
    follow_names: bool = True
    rrf_constant: float = Field(60.0, gt=0)


class ReaderSettings(_Section):
    """A small encoder that reads the first ``passages`` found: which of them answers, and where, if any.

    ``model``: a file of `python -m training reader save`; "none" does without.
    """

    model: str = "none"
    passages: int = Field(10, ge=1)


class FaqSettings(_Section):
    """Curated questions and answers: a question in an entry's own words is answered with the entry's answer;
    an entry that is as probable as ``likely`` to be meant is shown beside the answer.
    """

    enabled: bool = True
    likely: float = Field(0.5, gt=0, le=1)


class AnsweringSettings(_Section):
    """``evidence_tokens`` bounds what the generator reads of the passages.

    An answer less probable to be right than ``minimum_confidence`` is withheld (left out: the calibration's
    own threshold; 0: none is). ``calibration``: a file of `python -m training confidence` for other models
    than the default ones. ``check``: sentences that their evidence doesn't bear out are removed ("remove")
    or, to measure what that gives, left ("none"). ``second_reading``: what is read is read once more, by
    the generator's second adapter, if it has one.
    """

    evidence_tokens: int = Field(300, ge=64)
    second_reading: bool = True
    minimum_confidence: float | None = Field(None, ge=0, le=1)
    calibration: Path | None = None
    check: Literal["remove", "none"] = "remove"
    max_question_characters: int = Field(2000, ge=1)


class UiSettings(_Section):
    """The chat page. ``benchmark_file`` (JSONL) takes the questions that are saved for evaluation; a relative
    path is relative to the settings file.
    """

    benchmark_file: Path = Path("benchmark.jsonl")


class Settings(_Section):
    """All settings. Build one with ``load_settings`` or ``Settings()`` for the defaults."""

    knowledge_base: KnowledgeBaseSettings = KnowledgeBaseSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    generator: GeneratorSettings = GeneratorSettings()
    ingest: IngestSettings = IngestSettings()
    splitter: SplitterSettings = SplitterSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    reader: ReaderSettings = ReaderSettings()
    faq: FaqSettings = FaqSettings()
    answering: AnsweringSettings = AnsweringSettings()
    ui: UiSettings = UiSettings()

    def override(self, section: str, **values: Any) -> "Settings":
        """A copy with some values of one section replaced (checked like a file's).

        Raises:
            ConfigError: a key or a value isn't valid.
        """
        merged = self.model_dump()
        merged[section].update(values)
        return _validate(merged, "the command line")


def load_settings(
    file: Path | None = None, *, kb: Path | None = None, generator: str | None = None
) -> Settings:
    """Read settings from ``file``, or from ``rag.toml`` in the working folder if there is one.

    Args:
        file: the settings file.
        kb: the knowledge base's folder, in place of the file's.
        generator: the generator's model likewise.

    Raises:
        ConfigError: the file can't be read, isn't TOML, or has an unknown key or an invalid value.
    """
    settings = _read(file)
    if kb is not None:
        settings = settings.override("knowledge_base", path=kb)
    if generator is not None:
        settings = settings.override("generator", model=generator)
    return settings


def _read(file: Path | None) -> Settings:
    path = file if file is not None else Path(DEFAULT_FILE)
    if file is None and not path.exists():
        return Settings()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"can't read the settings file {path}: {error.strerror}; name another with --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} isn't valid TOML: {error}; correct that line") from error
    settings = _validate(values, str(path))
    paths = [("knowledge_base", "path"), ("ui", "benchmark_file"), ("answering", "calibration")]
    for section, key in (("generator", "adapter"), ("reader", "model")):
        if getattr(getattr(settings, section), key) not in ("auto", "none"):
            paths.append((section, key))
    for section, key in paths:
        if (value := getattr(getattr(settings, section), key)) is not None:
            settings = settings.override(
                section, **{key: type(value)(path.parent / Path(value).expanduser())}
            )
    return settings


_OWN_WORDS = "only a question in an entry's own words is answered with its answer; delete the line"
_REMOVED = {  # settings of earlier versions, or one value of a setting: why it went, and what to do
    ("faq", "sure"): _OWN_WORDS,
    ("faq", "paraphrases"): _OWN_WORDS,
    ("answering", "check", "repair"): "of 781 questions it answered eight, none of them rightly; "
    "delete the line",
}


def _validate(values: dict[str, Any], origin: str) -> Settings:
    if "reranker" in values:
        raise ConfigError(
            f"{origin}: [reranker] is no longer a section: the reader reads what is found and puts it in "
            "order; delete the section"
        )
    for (section, key, *gone), why in _REMOVED.items():
        given = values.get(section)
        if isinstance(given, dict) and key in given and (not gone or given[key] in gone):
            what = f"can't be '{given[key]}' any more" if gone else "is no longer a setting"
            raise ConfigError(f"{origin}: '{section}.{key}' {what}: {why}")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"{origin}: unknown key '{name}'{_hint(first['loc'])}") from error
        raise ConfigError(f"{origin}: '{name}': {first['msg']}") from error


def _hint(location: tuple[int | str, ...]) -> str:
    section = Settings() if len(location) == 1 else getattr(Settings(), str(location[0]))
    known = list(type(section).model_fields)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known keys here: {', '.join(known)}"
