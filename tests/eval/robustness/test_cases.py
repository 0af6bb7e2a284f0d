from collections.abc import Callable, Sequence
from typing import Any

import pytest
from langchain_core.documents import Document

from eval.datasets.pool import Pool, pool_sets
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet
from eval.robustness import RobustnessCase, robustness_cases, score_case
from rag.answer import Answer
from rag.errors import EvalError
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.passage import PassageMetadata
from tests.reading import seen

FACTS = {
    "red": ("The red pump factory was founded in 1998 by two engineers from the north.", "1998"),
    "blue": ("The blue pump factory was founded in 2013 by three chemists from the south.", "2013"),
    "green": ("The green valve factory was founded in 1976 by a family of farmers.", "1976"),
    "black": ("The black belt factory was founded in 1951 by a cooperative of weavers.", "1951"),
    "white": ("The white tube factory was founded in 1903 by an inventor and his sister.", "1903"),
    "grey": ("The grey motor factory was founded in 1888 by a retired sea captain.", "1888"),
    "pink": ("The pink label factory was founded in 2020 by students of design.", "2020"),
}
COPY = "The red pump factory was founded in the year 1998 by two engineers from the north!"
NEAR = FACTS["red"][0].replace("in 1998 ", "")


def _documents() -> tuple[EvalDocument, ...]:
    texts = {key: text for key, (text, _) in FACTS.items()} | {"copy": COPY, "near": NEAR}
    return tuple(EvalDocument(f"s/{key}", "", text, "en") for key, text in texts.items())


def _question(key: str, *gold: str, answer: str | None = None) -> EvalQuestion:
    return EvalQuestion(
        id=key,
        text=f"When was the {key} factory founded?",
        lang="en",
        answers=(answer or FACTS[key][1],),
        relevant={f"s/{each}": 1 for each in gold or (key,)},
    )


@pytest.fixture
def pool() -> Pool:
    questions = (
        *(_question(key) for key in FACTS),
        _question("both", "red", "blue", answer="1998"),
        _question("either", "red", "copy", answer="1998"),
        EvalQuestion(id="none", text="Who?", lang="en", answerable=False),
    )
    return pool_sets([EvalSet("s", _documents(), questions, parallel=(("s/red", "s/pink"),))])


@pytest.fixture
def knowledge_base(make_knowledge_base: Any, pool: Pool) -> KnowledgeBase:
    made: KnowledgeBase = make_knowledge_base({each.id: each.text for each in pool.documents})
    return made


@pytest.fixture
def distractors(knowledge_base: KnowledgeBase) -> Callable[[EvalQuestion], Sequence[Document]]:
    def find(question: EvalQuestion) -> Sequence[Document]:
        hits = seen(knowledge_base).search_lexical(question.text, 100)
        return seen(knowledge_base).passages([each for each, _ in hits])

    return find


@pytest.fixture
def cases(pool: Pool, knowledge_base: KnowledgeBase, distractors: Any) -> dict[str, RobustnessCase]:
    made = robustness_cases(pool, "s", knowledge_base.view(EVERYTHING), distractors, sample=100, seed=3)
    assert len({each.id for each in made}) == len(made)
    return {each.id: each for each in made}


def _sources(case: RobustnessCase) -> set[str]:
    return {str(each.metadata["source"]) for each in case.documents}


def test_documents_have_the_whole_contract(cases: dict[str, RobustnessCase]) -> None:
    required = set(PassageMetadata.__required_keys__)
    for case in cases.values():
        assert 1 <= len(case.documents) <= 5
        for document in case.documents:
            assert document.id and required <= document.metadata.keys()
            length = document.metadata["end"] - document.metadata["start"]
            assert length == len(document.page_content)


def test_noise_grows_with_the_ratio_and_the_gold_stays(cases: dict[str, RobustnessCase]) -> None:
    sources = [_sources(cases[f"blue#noise@{ratio}"]) for ratio in ("0", "0.4", "0.8")]
    assert [len(each) for each in sources] == [1, 3, 5]
    assert sources[0] == {"s/blue"} and sources[0] < sources[1] < sources[2]
    assert cases["blue#noise@0.4"].noise_ratio == 0.4


def test_noise_is_neither_gold_nor_parallel_nor_alike_nor_holds_the_answer(
    cases: dict[str, RobustnessCase],
) -> None:
    # Of nine documents there are red itself, its parallel text, a copy with the answer, and one nearly alike.
    assert "red#rejection" in cases
    noise = _sources(cases["red#rejection"])
    assert noise == {"s/blue", "s/green", "s/black", "s/white", "s/grey"}
    for case in cases.values():
        if case.ability == "rejection":
            assert not any(case.true_answers[0] in each.page_content for each in case.documents)
            assert not case.question.answerable and not case.question.answers


def test_integration_is_made_of_questions_that_need_every_document(
    cases: dict[str, RobustnessCase],
) -> None:
    made = [each for each in cases.values() if each.ability == "integration"]
    assert [each.id for each in made] == ["both#integration"]
    assert {"s/red", "s/blue"} < _sources(made[0]) and len(made[0].documents) == 5
    assert not any(case.startswith(("both#noise", "either#noise")) for case in cases)


def test_counterfactual_documents_say_another_questions_answer(cases: dict[str, RobustnessCase]) -> None:
    case = cases["blue#counterfactual"]
    assert case.true_answers == ("2013",) and case.false_answer in {year for _, year in FACTS.values()}
    (document,) = case.documents
    assert document.page_content == FACTS["blue"][0].replace("2013", str(case.false_answer))


def test_order_and_sample_follow_the_seed(
    pool: Pool, knowledge_base: KnowledgeBase, distractors: Any, cases: dict[str, RobustnessCase]
) -> None:
    again = robustness_cases(pool, "s", knowledge_base.view(EVERYTHING), distractors, sample=100, seed=3)
    assert again == list(cases.values())
    few = robustness_cases(pool, "s", knowledge_base.view(EVERYTHING), distractors, sample=2, seed=3)
    counts = [sum(each.ability == ability for each in few) for ability in ("noise", "rejection")]
    assert counts == [6, 2]
    orders = {
        tuple(each.id for each in case.documents)
        for seed in range(6)
        for case in robustness_cases(
            pool, "s", knowledge_base.view(EVERYTHING), distractors, sample=100, seed=seed
        )
        if case.id == "blue#noise@0.8"
    }
    assert len(orders) > 1


def test_too_little_noise_makes_no_case(pool: Pool, knowledge_base: KnowledgeBase) -> None:
    made = robustness_cases(pool, "s", knowledge_base.view(EVERYTHING), lambda _: [], sample=100)
    assert {each.ability for each in made} == {"integration", "counterfactual"}


def test_a_set_that_is_not_there_is_an_error(pool: Pool, knowledge_base: KnowledgeBase) -> None:
    with pytest.raises(EvalError, match="no set t in the pool; there are s"):
        robustness_cases(pool, "t", knowledge_base.view(EVERYTHING), lambda _: [])


def _answer(text: str, abstained: bool = False) -> Answer:
    return Answer("?", text, (), abstained=abstained)


def test_answers_are_scored_by_what_the_case_is_for(cases: dict[str, RobustnessCase]) -> None:
    noise = cases["blue#noise@0.4"]
    assert score_case(noise, _answer("In 2013 [1].")) == {"noise@0.4": 1.0}
    assert score_case(noise, _answer("Not in the documents; 2013.", abstained=True)) == {"noise@0.4": 0.0}
    assert score_case(noise, None) == {"noise@0.4": 0.0}
    rejection = cases["blue#rejection"]
    assert score_case(rejection, _answer("", abstained=True)) == {"rejection": 1.0}
    assert score_case(rejection, _answer("In 2013.")) == {"rejection": 0.0}
    assert score_case(rejection, None) == {"rejection": 0.0}
    assert score_case(cases["both#integration"], _answer("In 1998.")) == {"integration": 1.0}


def test_counterfactual_answers_follow_detect_or_correct(cases: dict[str, RobustnessCase]) -> None:
    case = cases["blue#counterfactual"]
    followed = score_case(case, _answer(f"It was founded in {case.false_answer} [1]."))
    assert followed == {"error_detection": 0, "error_correction": None, "followed_documents": 1}
    corrected = score_case(case, _answer("The document is wrong; it was founded in 2013."))
    assert corrected == {"error_detection": 1, "error_correction": 1, "followed_documents": 0}
    refused = score_case(case, _answer(f"Nothing of {case.false_answer}.", abstained=True))
    assert refused == {"error_detection": 0, "error_correction": None, "followed_documents": 0}
