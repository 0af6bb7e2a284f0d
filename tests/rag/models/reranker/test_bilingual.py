"""The bundled adapter on the real embedder, as it was pulled into this machine's cache."""

import pytest

from rag.build import build_embeddings
from rag.models.reranker import build_reranker
from rag.settings import RerankerSettings, Settings

pytestmark = pytest.mark.weights


def test_the_passage_that_answers_is_preferred_in_either_language() -> None:
    reranker = build_reranker(RerankerSettings(model="bilingual"), build_embeddings(Settings()))
    assert reranker is not None
    passages = [
        "员工入职满一年后，每年享有十二天带薪年假。",
        "The pump is descaled with citric acid every six months.",
        "访客车辆请停放在北区地面车位。",
        "Invoices are paid within thirty days of receipt.",
    ]
    for question, best in {
        "How many days of paid leave do employees get?": 0,
        "水泵多久除垢一次？": 1,
        "客人的车停在哪里？": 2,
        "發票多久付款？": 3,  # in Traditional Chinese
    }.items():
        assert reranker.score(question, passages).argmax() == best
