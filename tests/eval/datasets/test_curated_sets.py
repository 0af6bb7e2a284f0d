"""Sets whose documents are taken as curated entries."""

from pathlib import Path

import pytest

from eval.corpora import open_corpus
from eval.datasets import EvalDocument, EvalQuestion, EvalSet, pool_sets
from eval.datasets.curated_sets import as_curated
from eval.datasets.records import FaqDocument
from rag.errors import EvalError
from rag.models.embedder import SentenceEmbeddings
from rag.settings import SplitterSettings
from tests.reading import seen

FAQ = EvalSet(
    "faq",
    (EvalDocument("faq/1", "Who\nsigns?", "HR.\n\nIn writing.", "en"),),
    (EvalQuestion("q", "Who must sign?", "en", answers=("HR.",), relevant={"faq/1": 1}),),
)
LABELS = EvalSet(
    "labels",
    (EvalDocument("labels/a", "card arrival", "Where is my card?\nMy card is late.", "en"),),
    (EvalQuestion("q", "Has it been sent?", "en", relevant={"labels/a": 1}),),
)


def test_title_is_the_question_and_text_the_answer_or_the_phrasings() -> None:
    faq, labels = as_curated([FAQ, LABELS], ["faq", "labels"])

    assert faq.documents == (FaqDocument("faq/1", "", "Who signs?\nHR.\n\nIn writing.", "en", 0),)
    text = "card arrival\nWhere is my card?\nMy card is late.\ncard arrival"
    assert labels.documents == (FaqDocument("labels/a", "", text, "en", 2),)
    assert as_curated([FAQ, LABELS], []) == [FAQ, LABELS]


def test_what_cant_be_an_entry_is_named() -> None:
    with pytest.raises(EvalError, match="no set other"):
        as_curated([FAQ], ["other"])
    bare = EvalSet("bare", (EvalDocument("bare/1", "", "text", "en"),), ())
    with pytest.raises(EvalError, match="bare/1 can't be an entry"):
        as_curated([bare], ["bare"])


def test_pooled_entries_are_found_by_their_questions(tmp_path: Path, tiny_embedder_folder: Path) -> None:
    pool = pool_sets(as_curated([FAQ, LABELS], ["faq", "labels"]))
    embeddings = SentenceEmbeddings(tiny_embedder_folder, device="cpu")

    with open_corpus(
        pool.documents, embeddings, embeddings.fingerprint, SplitterSettings(), tmp_path
    ) as knowledge_base:
        questions = seen(knowledge_base).questions()

    assert questions.texts == ("Who signs?", "card arrival", "Where is my card?", "My card is late.")
    assert [end - start for start, end in questions.answers] == [16, 12, 12, 12]
