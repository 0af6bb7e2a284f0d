"""The only place that turns settings into objects."""

from pathlib import Path

from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever

from rag.answering import AnswerChain
from rag.answering.confidence import Calibration, calibration_for, load_calibration
from rag.answering.extractive import ExtractiveReader
from rag.answering.second_reader import AdapterReader
from rag.curated import FaqMatcher
from rag.errors import ConfigError, WeightsError
from rag.files import file_digest
from rag.knowledge_base import KnowledgeBase, View
from rag.models.embedder import SentenceEmbeddings
from rag.models.generator import Generator, adapter_digest, adapter_file, load_generator
from rag.models.reader import READER_ENCODER
from rag.models.reader.reader import Reader
from rag.models.weights import resolve_model
from rag.retrievers import PassageSearch, Retriever
from rag.settings import GeneratorSettings, Settings
from rag.text.analysis import Analyzer


def build_embeddings(settings: Settings) -> SentenceEmbeddings:
    """The embedder that the settings name (its weights are loaded when it is first used).

    Raises:
        WeightsError: the model isn't there; the message names the command that fetches it.
    """
    embedder = settings.embedder
    return SentenceEmbeddings(
        resolve_model(embedder.model),
        name=embedder.model,
        device=embedder.device,
        dtype=embedder.dtype,
        batch_size=embedder.batch_size,
        query_prefix=embedder.query_prefix,
        passage_prefix=embedder.passage_prefix,
    )


def open_knowledge_base(settings: Settings, embeddings: SentenceEmbeddings | None = None) -> KnowledgeBase:
    """Open the knowledge base for reading, for searches with ``embeddings`` where they are given.

    Raises:
        KnowledgeBaseNotFound: there is none at the settings' path.
        KnowledgeBaseMismatch: it was made with another embedder.
        KnowledgeBaseCorrupt: its catalogue can't be read.
    """
    fingerprint = embeddings.fingerprint if embeddings is not None else None
    return KnowledgeBase.open(settings.knowledge_base.path, fingerprint=fingerprint)


def build_retriever(
    settings: Settings,
    view: View,
    embeddings: Embeddings,
    k: int | None = None,
    matcher: FaqMatcher | None = None,
) -> PassageSearch:
    """The search of ``k`` passages of a view, by default as many as the settings say.

    Give the ``matcher`` that answers ask, too, and each question is matched once.
    """
    return PassageSearch(
        view=view,
        embeddings=embeddings,
        settings=settings.retrieval if k is None else settings.override("retrieval", k=k).retrieval,
        matcher=matcher or build_matcher(settings, view, embeddings),
    )


def build_matcher(settings: Settings, view: View, embeddings: Embeddings) -> FaqMatcher | None:
    """What says which curated entry a question asks; None where the settings want none."""
    return FaqMatcher(view, embeddings, likely=settings.faq.likely) if settings.faq.enabled else None


def build_generator(
    settings: GeneratorSettings,
    *,
    analyzer: Analyzer | None = None,
    embeddings: Embeddings | None = None,
) -> Generator:
    """The generator that ``settings.model`` names; a local model is loaded when it is first used.

    "extractive" is the extractive reader, which uses ``analyzer`` and, where given, ``embeddings``;
    "provider:model" any LangChain chat model; everything else a model folder by short name, path or hub id.

    Raises:
        WeightsError: the model isn't there; the message names the command that fetches it.
        ConfigError: a provider that doesn't exist, isn't installed or needs an API key.
    """
    if settings.model == "extractive":
        return ExtractiveReader(analyzer=analyzer or Analyzer(), embeddings=embeddings)
    return load_generator(settings)


def build_reader(settings: Settings) -> Reader | None:
    """The reader that the settings name (loaded when it is first used); None where they want none.

    Raises:
        WeightsError: the encoder or the file isn't there.
    """
    if settings.reader.model == "none":
        return None
    learned = Path(settings.reader.model)
    if not learned.is_file():
        raise WeightsError(
            f"there is no reader {learned}; make one with `python -m training reader`, or set "
            'reader.model = "none" in rag.toml'
        )
    return Reader(resolve_model(READER_ENCODER), learned)


def build_answer_chain(
    settings: Settings,
    view: View,
    *,
    embeddings: Embeddings,
    retriever: Retriever | BaseRetriever | None = None,
    generator: Generator | None = None,
) -> AnswerChain:
    """Everything from a question to an answer, from what a view has.

    Parts that are given take the place of those that the settings name.

    Raises:
        RagError: whatever the parts raise (a missing model, another embedder).
    """
    with view.contents() as contents:
        analyzer = contents.analyzer
    if generator is None:
        generator = build_generator(settings.generator, analyzer=analyzer, embeddings=embeddings)
    matcher = build_matcher(settings, view, embeddings)
    k = settings.reader.passages if settings.reader.model != "none" else None
    local = generator.abilities.local
    reader = build_reader(settings)
    second_reader = None
    if reader is None and settings.answering.second_reading and local is not None and local.can_find:
        second_reader = AdapterReader(generator, local)
    return AnswerChain(
        retriever or build_retriever(settings, view, embeddings, k, matcher),
        generator,
        analyzer,
        settings.answering,
        matcher=matcher,
        calibration=build_calibration(settings),
        reader=reader,
        second_reader=second_reader,
        split_questions=settings.retrieval.split_questions,
    )


def readers_digest(settings: Settings) -> str:
    """What tells those that read, the generator's adapters or a reader, from others; "" where there is none.

    Raises:
        WeightsError: there is no such file as the settings name.
    """
    reader = build_reader(settings)
    if reader is None and settings.answering.second_reading:
        return adapter_digest(settings.generator)
    file = adapter_file(settings.generator)
    adapter = file_digest(file) if file is not None else ""
    return f"{adapter} {reader.digest}" if reader is not None else adapter


def build_calibration(settings: Settings) -> Calibration | None:
    """The calibration that the settings name, else the one made for their models; None if there is none.

    Raises:
        ConfigError: the file can't be read, or was made for other models.
    """
    models = settings.generator.model, settings.embedder.model
    file = settings.answering.calibration
    if file is None:
        return calibration_for(*models, readers_digest(settings))
    calibration = load_calibration(file)
    if (calibration.generator, calibration.embedder) != models:
        other = (
            f"the generator {calibration.generator} and the embedder {calibration.embedder}, "
            f"but the settings have {models[0]} and {models[1]}"
        )
    elif calibration.adapter != readers_digest(settings):
        other = f"another adapter of {models[0]} (generator.adapter, answering.second_reading)"
    else:
        return calibration
    raise ConfigError(
        f"{file} was made for {other}; make another with `python -m training confidence RUN --out FILE`"
    )
