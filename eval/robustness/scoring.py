"""The scores of one answered case, and whether its answer says that the documents err."""

import re

from eval.measures.answers import contains_answer
from eval.measures.robustness import RobustnessOutcome, score_robustness
from eval.robustness.cases import RobustnessCase
from rag.answer import Answer

_CHINESE_DOCUMENT = r"(?:资料|文档|文件|文章|文中|原文|上文|材料|信息|内容|记载|描述|说法|表述|段落)"
_CHINESE_FAULT = r"(?:有误|错误|不正确|不准确|不属实|失实|矛盾|不一致|不符|冲突|笔误|出入|可疑)"
_ENGLISH_DOCUMENT = (
    r"(?:documents?|passages?|texts?|sources?|articles?|statements?|information|claims?|context|excerpts?)"
)
_ENGLISH_FAULT = (
    r"(?:incorrect|wrong|inaccura\w+|mistaken|mistakes?|erroneous|errors?|false|contradict\w*|conflict\w*|"
    r"inconsisten\w+|misprints?|typos?|disagree\w*|at odds|misstate\w*|not (?:correct|accurate|true))"
)
_SAYS_SO = re.compile(
    # The documents and their fault, in one sentence.
    rf"{_CHINESE_DOCUMENT}[^。！？!?\n]{{0,24}}{_CHINESE_FAULT}"
    rf"|{_CHINESE_FAULT}的{_CHINESE_DOCUMENT}"
    rf"|\b{_ENGLISH_DOCUMENT}\b[^.!?\n]{{0,80}}\b{_ENGLISH_FAULT}\b"
    rf"|\b{_ENGLISH_FAULT}\s+(?:in|of|within)\s+the\s+(?:\w+\s+)?{_ENGLISH_DOCUMENT}\b"
    # What can only be said of a statement.
    r"|事实(?:性)?错误|与事实不符|与(?:实际|史实)不符|自相矛盾|相互矛盾"
    r"|\bfactual(?:ly)? (?:errors?|incorrect|wrong|inaccura\w+)|\bcontrary to (?:what )?the\b"
    r"|\bcontradicts? (?:itself|each other|one another)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"(?:没有|并无|不存在|未发现|没发现)(?:任何|明显|事实)?(?:性)?(?:的)?(?:错误|矛盾|不一致|冲突|出入)"
    r"|\b(?:no|without(?: any)?) (?:factual )?(?:errors?|mistakes?|contradictions?|conflicts?|inconsisten\w+)"
    r"|\b(?:do(?:es)?|is|are) not (?:contradict\w*|conflict\w*|inconsistent|wrong|incorrect)",
    re.IGNORECASE,
)


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


def says_documents_err(text: str) -> bool:
    """Whether a text says that what it was given is wrong or contradictory, in Chinese or English.

    Looks for phrases, so it sees what is said outright and misses what is implied ("In fact it is 1998.").
    That there is no error doesn't count, nor does that the documents lack something.
    """
    return _SAYS_SO.search(_DENIED.sub(" ", text)) is not None
