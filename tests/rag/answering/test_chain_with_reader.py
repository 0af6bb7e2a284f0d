"""Answering where a reader read what was found, by readings that the test makes."""

from collections.abc import Sequence

import pytest

from rag.answer import Final, Found, Reason
from rag.answering.confidence import Calibration
from rag.models.reader.reading import FoundSpan, PassageReading, Reading
from rag.text.sentences import split_sentences
from tests.rag.answering.conftest import WARRANTY, MakeChain, scripted

ANSWER = "250 小时"
OTHER = "公司食堂中午开门。"
WROTE = "软管每运行 250 小时更换一次[1]。"


class Seeing:
    """Sees the answer where a passage has it; ``nowhere`` as given."""

    def __init__(self, nowhere: float) -> None:
        self.nowhere = nowhere

    def load_ahead(self) -> None: ...

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> Reading:
        found = []
        for _, text in passages:
            at = text.find(ANSWER)
            spans = (FoundSpan(at, at + len(ANSWER), 5.0),) if at >= 0 else ()
            sentences = tuple((each, 0.1) for each in split_sentences(text))
            found.append(PassageReading(0.9 if spans else 0.1, spans, (), sentences, (1.0, 0, 0, 0, 0)))
        return Reading(tuple(found), self.nowhere, tuple(0.8 if each.spans else 0.0 for each in found))


def calibration(weight: float = -10.0) -> Calibration:
    """Right with .99 where something answers, and hardly where nothing does."""
    return Calibration(
        generator="g", embedder="e", constant=5, weights={"nowhere": weight}, threshold=0.5, risk=0
    )


def test_the_sentence_is_shown_before_anything_is_written_and_its_passage_read_first(
    make_chain: MakeChain,
) -> None:
    chain = make_chain(WROTE, (OTHER, WARRANTY), reader=Seeing(0.1), calibration=calibration())
    found, *_, final = chain.events("软管多久换一次？")
    assert isinstance(found, Found) and found.standing is not None
    assert found.standing.sentence == "软管每运行 250 小时更换一次。"
    assert found.answer.passages[0].page_content == WARRANTY
    assert isinstance(final, Final) and not final.answer.abstained
    assert final.answer.confidence == pytest.approx(0.98, abs=0.01)
    assert final.answer.trace.signals["agreement"] == 1.0 and final.answer.trace.found == ANSWER


def test_where_nothing_answers_the_answer_is_withheld_and_surely_nothing_isnt_written(
    make_chain: MakeChain,
) -> None:
    unsure = make_chain(WROTE, reader=Seeing(0.8), calibration=calibration()).invoke("软管多久换一次？")
    assert unsure.reason is not None and unsure.reason.code == "not sure enough"
    model = scripted(WROTE)
    declined = make_chain(model, reader=Seeing(0.995), calibration=calibration()).invoke("软管多久换一次？")
    assert declined.reason == Reason("found no answer") and model.seen == []


def test_without_a_calibration_the_generator_decides_by_itself(make_chain: MakeChain) -> None:
    model = scripted("资料中没有相关信息。")
    answer = make_chain(model, reader=Seeing(0.995)).invoke("软管多久换一次？")
    assert answer.reason == Reason("found no answer") and len(model.seen) == 1
    assert "avoid" not in model.options[0]
