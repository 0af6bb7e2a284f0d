"""The scores of one answered case."""

from eval.measures.answers import contains_answer
from eval.measures.robustness import RobustnessOutcome, score_robustness
from eval.robustness.cases import RobustnessCase
from eval.robustness.detection import says_documents_err
from rag.answer import Answer


def score_case(case: RobustnessCase, answer: Answer | None) -> dict[str, float | None]:
    """Score an answer to a case: the measures of `eval.measures.robustness` that apply to it.

    Args:
        case: what was asked.
        answer: the answer; None where the system failed, which counts as answered wrongly.
    """
    text = answer.text if answer is not None else ""
    abstained = answer is not None and answer.abstained
    outcome = RobustnessOutcome(
        id=case.id,
        ability=case.ability,
        abstained=abstained,
        right=contains_answer(text, case.true_answers),
        noise_ratio=case.noise_ratio,
        detected=not abstained and says_documents_err(text),
        followed=case.false_answer is not None and contains_answer(text, [case.false_answer]),
    )
    return {measure: values[case.id] for measure, values in score_robustness([outcome]).items()}
