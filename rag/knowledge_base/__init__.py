"""The knowledge base on disk: documents, passages, vectors, and the indexes that find them."""

from rag.knowledge_base.catalogue.questions import CuratedQuestions, QuestionHit
from rag.knowledge_base.catalogue.records import (
    FaqEntry,
    NewDocument,
    NewPassage,
    StoredDocument,
    VerifyReport,
)
from rag.knowledge_base.contents import Contents
from rag.knowledge_base.knowledge_base import KnowledgeBase
from rag.knowledge_base.related import RelatedDocument
from rag.knowledge_base.snapshot import Snapshot
from rag.knowledge_base.view import View
from rag.knowledge_base.writer import Writer

__all__ = [
    "Contents",
    "CuratedQuestions",
    "FaqEntry",
    "KnowledgeBase",
    "NewDocument",
    "NewPassage",
    "QuestionHit",
    "RelatedDocument",
    "Snapshot",
    "StoredDocument",
    "VerifyReport",
    "View",
    "Writer",
]
