"""Each stage that can lose an answer is told from the others, on a real knowledge base."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document

from eval.datasets.pool import Pool
from eval.datasets.records import EvalDocument, EvalQuestion
from eval.runs.asking import Asked
from eval.runs.attribution import lost_at
from eval.selection import Corpus
from rag.answer import Answer, Stage, Trace
from rag.build import build_embeddings
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.settings import Settings
from tests.reading import seen

LONG = [f"Paragraph {n} is about the ordinary life of a workshop in winter." for n in range(160)]
TEXTS = {
    "pump": f"{' '.join(LONG[:80])}\n\nThe pump must be cleaned every six months.\n\n{' '.join(LONG[80:])}",
    "other": "The filter lasts 900 hours.",
}


@pytest.fixture
def corpus() -> Corpus:
    documents = tuple(EvalDocument(key, "", text, "en") for key, text in TEXTS.items())
    return Corpus((), pool=Pool(documents, ()))


@pytest.fixture
def knowledge_base(
    corpus: Corpus, tiny_embedder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KnowledgeBase]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    settings = Settings().override("embedder", model=str(tiny_embedder_folder), device="cpu")
    settings = settings.override("reader", model="none")
    embedder = build_embeddings(settings)
    with corpus.open(settings, embedder, embedder.fingerprint) as opened:
        yield opened


def question(answer: str = "six months", document: str = "pump") -> EvalQuestion:
    return EvalQuestion("q", "How often is the pump cleaned?", "en", (answer,), relevant={document: 1})


def asked(
    candidates: list[Document],
    retrieved: list[Document],
    evidence: dict[int, str] | None = None,
    *,
    abstained: bool = False,
) -> Asked:
    evidence = evidence or {}
    answer = Answer(
        "q",
        "text",
        tuple(retrieved[n] for n in evidence),
        abstained=abstained,
        trace=Trace(
            evidence=tuple(evidence.values()),
            stages=(Stage("candidates", tuple(candidates)), Stage("retrieved", tuple(retrieved))),
        ),
    )
    return Asked(answer)


def stage(
    each: EvalQuestion,
    what: Asked,
    corpus: Corpus,
    kb: KnowledgeBase,
    *,
    right: bool = False,
    cited: bool = False,
) -> str | None:
    return lost_at(each, what, right=right, cited=cited, corpus=corpus, view=kb.view(EVERYTHING))


def test_stages_in_their_order(corpus: Corpus, knowledge_base: KnowledgeBase) -> None:
    passages = seen(knowledge_base).document_passages("pump")
    holding = next(each for each in passages if "six months" in each.page_content)
    sibling = next(each for each in passages if "six months" not in each.page_content)
    other = seen(knowledge_base).document_passages("other")[0]
    text = holding.page_content

    def lost(what: Asked, each: EvalQuestion | None = None) -> str | None:
        return stage(each or question(), what, corpus, knowledge_base)

    assert lost(asked([], []), question(document="gone")) == "not in the corpus"
    assert lost(asked([other, sibling], [other])) == "not retrieved"
    assert lost(asked([other, holding], [other])) == "ranked below the cut"
    assert lost(asked([holding, other], [holding, other], {1: "The filter"})) == "not packed"
    assert lost(asked([holding], [holding], {0: "a winter workshop …"})) == "not packed"
    assert lost(asked([holding], [holding], {0: text}, abstained=True)) == "wrongly refused"
    assert lost(asked([holding], [holding], {0: text})) == "misread"


def test_an_answer_cut_in_two_by_the_splitter_is_told(corpus: Corpus, knowledge_base: KnowledgeBase) -> None:
    first, second = seen(knowledge_base).document_passages("pump")[:2]
    across = f"{first.page_content[-10:]} {second.page_content[:12]}"
    assert stage(question(across), asked([], []), corpus, knowledge_base) == "split"


def test_right_answers_are_lost_only_by_their_citations(
    corpus: Corpus, knowledge_base: KnowledgeBase
) -> None:
    what = asked([], [])
    assert stage(question(), what, corpus, knowledge_base, right=True) == "mis-cited"
    assert stage(question(), what, corpus, knowledge_base, right=True, cited=True) is None


def test_refusing_is_right_where_there_is_no_answer(corpus: Corpus, knowledge_base: KnowledgeBase) -> None:
    unanswerable = EvalQuestion("q", "Who won the regatta?", "en", answerable=False)
    refused, answered = asked([], [], abstained=True), asked([], [])
    assert stage(unanswerable, refused, corpus, knowledge_base) is None
    assert stage(unanswerable, answered, corpus, knowledge_base) == "answered without evidence"
    assert stage(unanswerable, Asked(None, "broken"), corpus, knowledge_base) == "failed"


def test_an_answer_that_is_worked_out_is_not_looked_for_word_for_word(knowledge_base: KnowledgeBase) -> None:
    files = Corpus((), folder=Path("files"))
    both = EvalQuestion(
        "q", "How much in all?", "en", ("1,250",), relevant={"pump": 1, "other": 1}, kind="multi"
    )
    passages = seen(knowledge_base).document_passages("other")
    what = asked(passages, passages, {0: passages[0].page_content})
    assert stage(both, what, files, knowledge_base) == "misread"


def test_figures_that_a_file_gave_no_text_for_were_not_extracted(knowledge_base: KnowledgeBase) -> None:
    files = Corpus((), folder=Path("files"))
    passages = seen(knowledge_base).document_passages("other")
    what = asked(passages, passages, {0: passages[0].page_content})
    assert stage(question("1,250 hours", "other"), what, files, knowledge_base) == "not extracted"
    assert stage(question("twice a year", "other"), what, files, knowledge_base) == "misread"
