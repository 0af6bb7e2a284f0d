"""Writing a draft: in pieces, apart from whether to answer at all, and once more where it only restates."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk

from rag.answer import Answer, Drafting, Reason
from rag.answering.confidence import Calibration
from rag.answering.drafting import Clock, Draft, only_restates, write_draft
from rag.answering.prompt import wording_for
from rag.models.generator import Abilities, ChatGenerator
from rag.questions.inquiry import understand
from rag.text.analysis import Analyzer
from tests.rag.answering.conftest import MakeChain, Scripted, scripted


def write(model: Scripted) -> tuple[list[Drafting], Draft]:
    writing = write_draft(ChatGenerator(model), [HumanMessage("?")], Clock(), {})
    pieces: list[Drafting] = []
    while True:
        try:
            pieces.append(next(writing))
        except StopIteration as end:
            return pieces, end.value


def test_a_draft_grows_and_ends_as_the_whole_text() -> None:
    pieces, draft = write(scripted("Two years [1]."))
    *growing, last = pieces
    assert [each.text for each in growing] == ["Two", "Two", "Two years", "Two years", "Two years [1]."]
    assert not any(each.complete for each in growing) and last == Drafting("Two years [1].", complete=True)
    assert (draft.text, draft.likelihoods, draft.first, draft.found) == ("Two years [1].", (), None, None)
    assert draft.first_token_ms is not None


def test_what_the_generator_tells_of_its_tokens_is_kept() -> None:
    usage = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
    message = AIMessage("Two", usage_metadata=usage, response_metadata={"likelihoods": [-0.5]})

    class Telling(Scripted):
        def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
            chunk = AIMessageChunk(
                content="Two", usage_metadata=usage, response_metadata={"likelihoods": [-0.5]}
            )
            yield ChatGenerationChunk(message=chunk)

    _, draft = write(Telling(messages=iter([message])))
    assert (draft.likelihoods, draft.prompt_tokens, draft.generated_tokens) == ([-0.5], 7, 2)


def test_a_second_draft_knows_of_the_first_and_pays_for_both() -> None:
    first = Draft("a", prompt_tokens=5, generated_tokens=1, first_token_ms=3.0)
    second = Draft("b", prompt_tokens=6, generated_tokens=2, first_token_ms=9.0).after(first)
    assert (second.text, second.first) == ("b", "a")
    assert (second.prompt_tokens, second.generated_tokens, second.first_token_ms) == (11, 3, 3.0)


QUESTION = "How many pumps left the Millford works by 1990?"
AGAIN = "The pumps left the Millford works by 1990 [1]."
PASSAGE = "By 1990, 320 pumps had left the Millford works for Norway."


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (QUESTION, AGAIN),
        ("年糕和米糕都是在什么节日吃的？", "年糕和米糕都是在节日吃的[1]。"),
        ("张华后来为什么离开工厂？", "张华后来离开工厂[1]。"),
        ("Which member of the board closed the works?", "A member of the board closed the works [1]."),
    ],
)
def test_what_only_says_the_question_again(question: str, text: str, analyzer: Analyzer) -> None:
    assert only_restates(text, understand(question), analyzer)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (QUESTION, "320 pumps left the Millford works by 1990 [1]."),
        (QUESTION, "Pumps [1]."),
        (QUESTION, "The documents do not contain this."),
        (QUESTION, ""),
        ("年糕和米糕都是在什么节日吃的？", "年糕和米糕都是在春节吃的[1]。"),
        ("P200 和 P300 哪个更重？", "P300 更重[1]。"),
        ("P200 重还是 P300 重？", "P200 重[1]。"),
        ("Is the pump heavier than the tube?", "The pump is heavier than the tube [1]."),
        ("泵每年都要清洗吗？", "泵每年都要清洗[1]。"),
        ("Is it the pump or the tube that leaks?", "It is the tube that leaks [1]."),
    ],
)
def test_what_is_an_answer_or_none_at_all(question: str, text: str, analyzer: Analyzer) -> None:
    assert not only_restates(text, understand(question), analyzer)


Ask = Callable[..., tuple[Answer, list[str]]]


@pytest.fixture
def ask(make_chain: MakeChain) -> Ask:
    def asked(*drafts: str, **settings: Any) -> tuple[Answer, list[str]]:
        model = scripted(*drafts)
        return make_chain(model, (PASSAGE,), **settings).invoke(QUESTION), model.prompts

    return asked


def test_it_is_asked_once_more_for_what_is_asked_alone(ask: Ask) -> None:
    answer, prompts = ask(AGAIN, "320 [1].")
    assert (answer.text, answer.abstained) == ("320 [1].", False)
    assert [prompt.rpartition("Question: ")[2] for prompt in prompts] == [
        QUESTION,
        wording_for("en").plainly.format(question=QUESTION),
    ]
    assert (answer.question, answer.trace.first_draft, answer.trace.draft) == (QUESTION, AGAIN, "320 [1].")


@pytest.mark.parametrize("second", [AGAIN, " ", "The documents do not contain this."])
def test_what_still_says_nothing_is_withheld_with_the_reason(ask: Ask, second: str) -> None:
    answer, _ = ask(AGAIN, second)
    assert (answer.abstained, answer.reason) == (True, Reason("only restates"))


def test_an_answer_is_asked_for_once(ask: Ask) -> None:
    answer, prompts = ask("320 pumps left the Millford works by 1990 [1].")
    assert len(prompts) == 1 and answer.trace.first_draft == ""


def test_unchecked_answers_stay_as_they_were_written(ask: Ask) -> None:
    answer, prompts = ask(AGAIN, check="none")
    assert len(prompts) == 1 and answer.text == AGAIN


class Trained(Scripted):
    """A generator that was trained for both languages' instructions and declines with a given chance."""

    chance: float
    can_find: bool = False
    model_name: str = "trained"

    @property
    def abilities(self) -> Abilities:
        return Abilities(local=self)

    @property
    def trained_instructions(self) -> frozenset[str]:
        return frozenset(wording_for(language).instructions for language in ("zh", "en"))

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        assert list(candidates) == [wording_for("zh").decline_start]
        return [self.chance]


def trained(chance: float) -> Trained:
    return Trained(messages=iter([AIMessage("软管每 250 小时更换一次[1]。")]), chance=chance)


DOUBTING = Calibration(
    generator="g", embedder="e", constant=5.0, weights={"declining": -10.0}, threshold=0.3, risk=0.1
)


def test_a_trained_generator_is_asked_apart_whether_to_answer_and_then_to_answer(
    make_chain: MakeChain,
) -> None:
    generator = trained(0.4)
    answer = make_chain(generator, calibration=DOUBTING).invoke("软管多久换一次？")
    (messages,), (options,) = generator.seen, generator.options
    assert [message.type for message in messages] == ["system", "human"]  # no examples
    assert options["avoid"] == wording_for("zh").decline_start
    assert answer.trace.signals["declining"] == 0.4
    assert answer.confidence == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-4) and not answer.abstained


def test_what_a_trained_generator_would_rather_not_say_is_withheld(make_chain: MakeChain) -> None:
    answer = make_chain(trained(0.8), calibration=DOUBTING).invoke("软管多久换一次？")
    assert answer.abstained and answer.reason is not None and answer.reason.code == "not sure enough"


def test_without_a_calibration_a_trained_generator_decides_as_it_writes(make_chain: MakeChain) -> None:
    generator = trained(0.999)
    answer = make_chain(generator).invoke("软管多久换一次？")
    (messages,), (options,) = generator.seen, generator.options
    assert len(messages) == 2 and "avoid" not in options
    assert answer.text == "软管每 250 小时更换一次[1]。" and "declining" not in answer.trace.signals


def test_where_a_trained_generator_is_sure_to_decline_nothing_is_written(make_chain: MakeChain) -> None:
    generator = trained(0.999)
    answer = make_chain(generator, calibration=DOUBTING).invoke("软管多久换一次？")
    assert answer.reason == Reason("found no answer")
    assert generator.seen == []
    all_given = make_chain(trained(0.999), calibration=DOUBTING, minimum_confidence=0)
    assert not all_given.invoke("软管多久换一次？").abstained
