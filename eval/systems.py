"""Systems by name: variants of the pipeline that a run compares.

More can be written in a TOML file, a table for each: ``base`` (a system's name, "default" if absent),
``retriever``, ``evidence``, ``distractors`` as in `System`, and tables of settings as in rag.toml:

    [small]
    generator = { model = "qwen2.5-coder-0.5b-instruct" }
    answering = { evidence_tokens = 240 }
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from eval.measures.retrieval import Ranking, rank_documents
from rag.answer import Question, Stage
from rag.build import build_retriever, readers_digest
from rag.errors import EvalError
from rag.knowledge_base import View
from rag.passage import with_score
from rag.questions.inquiry import Inquiry, understand
from rag.retrievers import Retriever
from rag.settings import Settings

DEPTH = 100  # documents of a ranking: what R@100 looks at
_PASSAGES = 3  # of a document, before it is known how many there are: asking once is quicker than twice

RetrieverName = Literal["hybrid", "dense", "lexical"]
Evidence = Literal["retrieved", "gold", "none"]
_SECTIONS = ("embedder", "generator", "splitter", "retrieval", "reader", "faq", "answering")


@dataclass(frozen=True, slots=True)
class OneSearch:
    """The ``k`` passages of highest cosine similarity, or without ``embeddings`` of highest BM25 score."""

    view: View
    embeddings: Embeddings | None
    k: int = 10

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        """See ``rag.retrievers.Retriever``."""
        k = k if k is not None else self.k
        with self.view.snapshot() as snapshot:
            if self.embeddings is None:
                found = dict(snapshot.search_lexical(inquiry.query, k, inquiry.filter))
            else:
                vector = np.asarray(self.embeddings.embed_query(inquiry.query), dtype=np.float32)
                found = dict(snapshot.search_dense(vector, k, inquiry.filter))
            return [with_score(each, found[str(each.id)]) for each in snapshot.passages(list(found))]


@dataclass(frozen=True, slots=True)
class System:
    """A variant of the pipeline.

    ``evidence``: what the generator reads: what is retrieved; the passages that hold the answer with
    ``distractors`` that are ranked best of the others, in seeded order; or nothing, which tells what the
    generator knows by itself.
    """

    name: str
    settings: Settings
    retriever: RetrieverName = "hybrid"
    evidence: Evidence = "retrieved"
    distractors: int = 0

    @property
    def facts(self) -> dict[str, Any]:
        """Everything that its figures depend on, but for weights and data."""
        return {
            "retriever": self.retriever,
            "evidence": self.evidence,
            "distractors": self.distractors,
            "adapter": readers_digest(self.settings),
            **{name: getattr(self.settings, name).model_dump(mode="json") for name in _SECTIONS},
            # How many processes read the files, and with how much memory, changes nothing that is read.
            "ingest": self.settings.ingest.model_dump(mode="json", exclude={"workers", "memory_mb"}),
        }

    def build_retriever(self, view: View, embeddings: Embeddings, k: int | None = None) -> Retriever:
        """Its retriever of ``k`` passages, by default as many as its settings say."""
        k = k if k is not None else self.settings.retrieval.k
        if self.retriever == "dense":
            return OneSearch(view, embeddings, k)
        if self.retriever == "lexical":
            return OneSearch(view, None, k)
        return build_retriever(self.settings, view, embeddings, k)


_BUILT_IN: Mapping[str, Callable[[Settings], System]] = {
    "default": lambda settings: System("default", settings),
    "hybrid": lambda settings: System("hybrid", settings),
    "dense": lambda settings: System("dense", settings, retriever="dense"),
    "lexical": lambda settings: System("lexical", settings, retriever="lexical"),
    "extractive": lambda settings: System("extractive", settings.override("generator", model="extractive")),
    "gold-passage": lambda settings: System("gold-passage", settings, evidence="gold"),
    "gold-distractors": lambda settings: System("gold-distractors", settings, evidence="gold", distractors=2),
    "no-retrieval": lambda settings: System("no-retrieval", settings, evidence="none"),
}
RETRIEVAL_SYSTEMS = ("dense", "lexical", "hybrid")


def read_systems(names: Sequence[str], settings: Settings, file: Path | None = None) -> list[System]:
    """The systems of these names, in their order; those of the file are known too.

    Raises:
        EvalError: there is no system of a name, or the file is wrong.
        ConfigError: a setting in the file isn't valid.
    """
    tables = _read_tables(file) if file is not None else {}
    return [_system(name, settings, tables, file, ()) for name in dict.fromkeys(names)]


def _read_tables(file: Path) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EvalError(f"can't read the systems in {file}: {error}") from error
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise EvalError(f"{file}: {name} isn't a table; write [{name}] and its settings below")
        known = {"base", "retriever", "evidence", "distractors", *_SECTIONS}
        if unknown := sorted(table.keys() - known):
            raise EvalError(f"{file}: [{name}] has the unknown key {unknown[0]}; known are {sorted(known)}")
    return tables


def _system(
    name: str,
    settings: Settings,
    tables: Mapping[str, Mapping[str, Any]],
    file: Path | None,
    above: tuple[str, ...],
) -> System:
    if name not in tables:
        if name not in _BUILT_IN:
            known = ", ".join((*_BUILT_IN, *tables))
            raise EvalError(f"there is no system {name}; there are {known}, and more go in a --systems-file")
        return _BUILT_IN[name](settings)
    table = tables[name]
    base = table.get("base", "default")
    if base == name and name in _BUILT_IN:
        system = _BUILT_IN[name](settings)
    elif base in above or base == name:
        raise EvalError(f"{file}: [{name}] is based on itself; name another base")
    else:
        system = _system(base, settings, tables, file, (*above, name))
    changed = system.settings
    for section in _SECTIONS:
        if section in table:
            if not isinstance(table[section], dict):
                raise EvalError(f"{file}: [{name}] {section} isn't a table of settings")
            changed = changed.override(section, **table[section])
    retriever = table.get("retriever", system.retriever)
    evidence = table.get("evidence", system.evidence)
    distractors = table.get("distractors", system.distractors)
    if retriever not in get_args(RetrieverName) or evidence not in get_args(Evidence):
        raise EvalError(
            f"{file}: [{name}] needs a retriever of {', '.join(get_args(RetrieverName))} "
            f"and evidence of {', '.join(get_args(Evidence))}"
        )
    if not isinstance(distractors, int) or distractors < 0:
        raise EvalError(f"{file}: [{name}] distractors isn't a whole number from 0 on")
    return replace(
        system, name=name, settings=changed, retriever=retriever, evidence=evidence, distractors=distractors
    )


@dataclass(frozen=True, slots=True)
class RetrievalSystem:
    """Ranks the documents of a view for a question."""

    system: System
    view: View
    embeddings: Embeddings

    @property
    def name(self) -> str:
        """The system's."""
        return self.system.name

    def rank(self, question: Question, depth: int = DEPTH) -> Ranking:
        """The ``depth`` best documents, each by its best passage: fetched until there are so many.

        Args:
            question: what is asked; of a follow-up, the conversation is taken into account as in answering.
            depth: how many documents.
        """
        retriever = self.system.build_retriever(self.view, self.embeddings)
        inquiry = understand(question)
        k = _PASSAGES * depth
        while True:
            passages = retriever.search(inquiry, k)
            scored = ((str(each.metadata["source"]), float(each.metadata["score"])) for each in passages)
            ranking = rank_documents(scored)
            if len(ranking) >= depth or len(passages) < k:
                return ranking[:depth]
            k *= 2
