"""The knowledge base on disk: documents, passages, vectors, and the indexes that find them."""

from rag.knowledge_base.analysis import Analyzer
from rag.knowledge_base.glossary import Glossary
from rag.knowledge_base.knowledge_base import KnowledgeBase
from rag.knowledge_base.questions import CuratedQuestions, QuestionHit
from rag.knowledge_base.records import (
    EmbedderFingerprint,
    FaqEntry,
    NewDocument,
    NewPassage,
    StoredDocument,
    VerifyReport,
)
from rag.knowledge_base.snapshot import Snapshot
from rag.knowledge_base.store import PassageStore
from rag.knowledge_base.writer import Writer

__all__ = [
    "Analyzer",
    "CuratedQuestions",
    "EmbedderFingerprint",
    "FaqEntry",
    "Glossary",
    "KnowledgeBase",
    "NewDocument",
    "NewPassage",
    "PassageStore",
    "QuestionHit",
    "Snapshot",
    "StoredDocument",
    "VerifyReport",
    "Writer",
]
