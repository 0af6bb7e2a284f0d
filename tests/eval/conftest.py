"""Knowledge bases of a few texts, a small bilingual set in BEIR's form, and settings with tiny models."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from eval.corpora import open_corpus
from eval.datasets import EvalDocument
from rag.knowledge_base import KnowledgeBase
from rag.models.fingerprint import EmbedderFingerprint
from rag.settings import Settings, SplitterSettings

DOCUMENTS = {
    "leave": "员工每年有十二天年假，入职满一年后可以使用。",
    "pump": "The pump must be cleaned every six months by trained staff.",
    "parking": "访客车辆停在北区地面车位，离开前在前台登记。",
    "filter": "The filter of the air purifier is WJ-2031-B and lasts 900 hours.",
}
QUESTIONS = {
    "q1": ("员工一年有几天年假？", "leave", "十二天"),
    "q2": ("How often is the pump cleaned?", "pump", "six months"),
    "q3": ("访客车辆停在哪里？", "parking", "北区"),
    "q4": ("Who won the regatta in Penang?", None, None),
}


def made_of(texts: dict[str, str], folder: Path) -> KnowledgeBase:
    """A knowledge base of texts by source."""
    documents: Sequence[EvalDocument] = [EvalDocument(key, "", text, "") for key, text in texts.items()]
    fingerprint = EmbedderFingerprint("toy", 16, "0" * 64, "", "")
    embeddings = DeterministicFakeEmbedding(size=16)
    return open_corpus(documents, embeddings, fingerprint, SplitterSettings(), folder)


@pytest.fixture
def make_knowledge_base(tmp_path: Path) -> Iterator[Any]:
    """Makes a knowledge base of texts by source."""
    opened: list[KnowledgeBase] = []

    def make(texts: dict[str, str]) -> KnowledgeBase:
        opened.append(made_of(texts, tmp_path))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small_set(tmp_path: Path, cache: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    corpus = [json.dumps({"id": key, "title": "", "text": text}) for key, text in DOCUMENTS.items()]
    (folder / "corpus.jsonl").write_text("\n".join(corpus) + "\n")
    questions = [
        json.dumps(
            {
                "id": key,
                "text": text,
                "lang": "en" if text.isascii() else "zh",
                "answers": [answer] if answer else [],
                "answerable": answer is not None,
            }
        )
        for key, (text, _, answer) in QUESTIONS.items()
    ]
    (folder / "queries.jsonl").write_text("\n".join(questions) + "\n")
    qrels = [f"{key}\t{document}\t1" for key, (_, document, _) in QUESTIONS.items() if document]
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *qrels]) + "\n")
    return folder


@pytest.fixture
def settings(tiny_embedder_folder: Path) -> Settings:
    settings = Settings().override("embedder", model=str(tiny_embedder_folder), device="cpu")
    settings = settings.override("reader", model="none")
    return settings.override("generator", model="extractive")
