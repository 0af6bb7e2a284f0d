"""Evaluation sets: documents, questions and judgements, in the forms in use, or pooled into one corpus."""

from eval.datasets.beir import read_beir
from eval.datasets.faq import read_faq
from eval.datasets.folder import read_folder, read_on_knowledge_base
from eval.datasets.pool import Pool, pool_sets
from eval.datasets.reading import read_sets
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet
from eval.datasets.squad import read_squad

__all__ = [
    "EvalDocument",
    "EvalQuestion",
    "EvalSet",
    "Pool",
    "pool_sets",
    "read_beir",
    "read_faq",
    "read_folder",
    "read_on_knowledge_base",
    "read_sets",
    "read_squad",
]
