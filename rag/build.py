"""The only place that turns settings into objects."""

from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever

from rag.answering import AnswerChain
from rag.embedder import SentenceEmbeddings
from rag.faq import FaqMatcher
from rag.filter import Filter
from rag.generators import build_generator
from rag.knowledge_base import KnowledgeBase
from rag.rerankers import build_reranker
from rag.retrievers import (
    CachedQueryEmbeddings,
    CuratedRetriever,
    DenseRetriever,
    FusionRetriever,
    HybridRetriever,
    LexicalRetriever,
    RerankingRetriever,
)
from rag.settings import Settings
from rag.weights import resolve_model


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
    knowledge_base: KnowledgeBase,
    embeddings: Embeddings,
    k: int | None = None,
    filter: Filter | None = None,
) -> BaseRetriever:
    """Dense and lexical candidates in both languages, fused; ``k`` passages, by default the settings'.

    Where the settings name a reranker, it reads the best of them (``RerankingRetriever``).
    Curated entries among them are in the order in which their questions fit (``CuratedRetriever``). Only what
    passes the filter is found, unless a query brings its own: ``invoke(query, filter=...)``.
    """
    k = k if k is not None else settings.retrieval.k
    reranker = build_reranker(settings.reranker, embeddings)
    if reranker is None:
        fused = _build_fused(settings, knowledge_base, embeddings, k, filter)
    else:
        candidates = settings.reranker.candidates
        fused = RerankingRetriever(
            retriever=_build_fused(settings, knowledge_base, embeddings, max(k, candidates), filter),
            reranker=reranker,
            k=k,
            candidates=candidates,
            budget_ms=settings.reranker.budget_ms,
            filter=filter,
        )
    if not settings.faq.enabled:
        return fused
    return CuratedRetriever(
        retriever=fused,
        knowledge_base=knowledge_base,
        embeddings=embeddings,
        sure=settings.faq.sure,
        k=k,
        filter=filter,
    )


def _build_fused(
    settings: Settings,
    knowledge_base: KnowledgeBase,
    embeddings: Embeddings,
    k: int,
    filter: Filter | None,
) -> BaseRetriever:
    retrieval = settings.retrieval
    candidates = max(retrieval.candidates, k)
    if retrieval.fusion == "scores":
        return HybridRetriever(
            knowledge_base=knowledge_base,
            embeddings=embeddings,
            k=k,
            candidates=candidates,
            cross_language=retrieval.cross_language,
            filter=filter,
        )
    return FusionRetriever(
        retrievers=[
            DenseRetriever(knowledge_base=knowledge_base, embeddings=embeddings, k=candidates),
            LexicalRetriever(knowledge_base=knowledge_base, k=candidates),
        ],
        k=k,
        constant=retrieval.rrf_constant,
        filter=filter,
        during=knowledge_base.pinned,
    )


def build_answer_chain(
    settings: Settings,
    knowledge_base: KnowledgeBase | None = None,
    *,
    embeddings: Embeddings | None = None,
    retriever: BaseRetriever | None = None,
    generator: BaseChatModel | None = None,
) -> AnswerChain:
    """Everything from a question to an answer, on an open knowledge base or the settings' own.

    Parts that are given take the place of those that the settings name; ``embeddings`` need a knowledge base
    beside them.

    Raises:
        RagError: whatever the parts raise (a missing model, another embedder, no knowledge base).
    """
    if knowledge_base is None or embeddings is None:
        own = build_embeddings(settings)
        knowledge_base = knowledge_base or open_knowledge_base(settings, own)
        embeddings = embeddings or CachedQueryEmbeddings(own)
    if generator is None:
        generator = build_generator(
            settings.generator, analyzer=knowledge_base.analyzer, embeddings=embeddings
        )
    matcher = None
    if settings.faq.enabled:
        faq = settings.faq
        matcher = FaqMatcher(knowledge_base, embeddings, sure=faq.sure, likely=faq.likely)
    return AnswerChain(
        retriever or build_retriever(settings, knowledge_base, embeddings),
        generator,
        knowledge_base.analyzer,
        evidence_tokens=settings.answering.evidence_tokens,
        max_question_characters=settings.answering.max_question_characters,
        generator_name=settings.generator.model,
        matcher=matcher,
    )
