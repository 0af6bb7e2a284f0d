"""Whether a question that a generator wrote is fit to measure with."""

import re

from langchain_core.documents import Document

from eval.generate.question_prompt import QuestionDraft
from eval.spans import find_span
from rag.knowledge_base import Snapshot, View
from rag.passage import embedding_text, metadata_of
from rag.text.analysis import Analyzer
from rag.text.language import approximate_tokens, language_of
from rag.text.sentences import Span

_SHORTEST_ANSWER = 2  # characters, of an answer without a digit
_LONGEST_ANSWER = 16  # tokens, approximate
_QUESTION_TOKENS = (4, 80)
_COLUMNS = 3  # a row of two is a name and its value
_CELL = re.compile(r"\s\|(?:\s|$)")
_SHARED_TERMS = 2  # of a question and its passage, at least
_RIVALS = 30  # passages that are looked at
_LEANING = re.compile(
    r"\b(?:this|these|aforementioned|above-mentioned)\b"
    r"|\baccording to (?:the|a)?\s*(?:above|given|provided)?\s*"
    r"(?:text|passage|document|sentence|table|section|paragraph|title|row|information)\b"
    r"|\b(?:given|provided|specified|mentioned|stated|listed|described|specific) "
    r"(?:in|by|text|passage|document|sentence|table|section|paragraph|above|below)\b"
    r"|\bthe (?:text|passage|sentence|paragraph|table|title|row|document|excerpt)\b"
    r"|^(?:\S+\s+){0,3}(?:it|its|they|their|them|he|his|she|her)\b"
    r"|[这它她]|(?<!其)他|(?<![因彼])此(?!外)|(?<!应)该(?![如怎做])|(?<![极尤与])其(?![他它余次实])"
    r"|本(?:文|段|句|表|节|章|条|资料|手册|通知|指南|文件|规定|政策|泵|机|产品|次|周|月|季度|年|公司)"
    r"|上述|以上(?:内容|资料|信息|文字|描述)|下列|文中|上文|下文|原文|资料|段落|句子|表格?中|根据表|根据文|根据标题",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"\b(?:what|which|who|whom|whose|when|where|why|how|is|are|does|do|did|can|may|must|was|were)\b"
    r"|什么|哪|谁|多少|几|怎|如何|何时|何地|何处|为何|多[久长大高重远快深厚宽早晚]|是否|吗|能不能|有没有",
    re.IGNORECASE,
)


def objection(draft: QuestionDraft, passage: Document, span: Span) -> str | None:
    """Why a question must not be used, or None. What needs no other passage and no generator.

    Args:
        draft: the question and its answer.
        passage: where the answer stands.
        span: the answer's place in the passage's text.
    """
    question = draft.question
    language = metadata_of(passage)["lang"]
    if (language_of(question) == "zh") != (language == "zh"):
        return "in another language than the passage"
    shortest, longest = _QUESTION_TOKENS
    if not shortest <= approximate_tokens(question) <= longest:
        return "the question is too short or too long"
    if not question.endswith(("?", "？")) or len(re.findall(r"[?？]", question)) > 1:
        return "not one question"
    if not _QUESTION_WORD.search(question):
        return "not one question"
    if _LEANING.search(question):
        return "the question doesn't stand alone"
    answer = passage.page_content[span.start : span.end]
    if len(answer) < _SHORTEST_ANSWER and not any(character.isdigit() for character in answer):
        return "the answer is too short"
    if find_span(question, answer) is not None:
        return "the question holds its answer"
    if "\n" in answer or " | " in answer or approximate_tokens(answer) > _LONGEST_ANSWER:
        return "the answer is too long"
    return None


def ambiguity(question: str, answer: str, passage: Document, view: View) -> str | None:
    """Why a question doesn't lead to its passage alone, or None.

    It must share two content terms with its passage beside the answer, and no other passage may have all
    those that it shares: "What does the pump weigh?" fits a dozen data sheets. Only passages of the same
    document that have the answer, too, may. In a table's row of three cells or more, the question must have
    a word of the answer's column: "the response time" is one thing for silver and another for gold.

    That asks for some of the passage's words, so generated questions are easier to find by words than
    users' are.
    """
    with view.snapshot() as snapshot:
        return _ambiguity(question, answer, passage, snapshot)


def _ambiguity(question: str, answer: str, passage: Document, snapshot: Snapshot) -> str | None:
    analyzer = snapshot.analyzer
    column = _column(passage, answer)
    if column and not set(analyzer.content_terms(column)) & set(analyzer.content_terms(question)):
        return "the question doesn't say which column"
    shared = _terms(passage, analyzer) & set(analyzer.content_terms(question))
    if len(shared - set(analyzer.content_terms(answer))) < _SHARED_TERMS:
        return "the question is too general"
    ids = [each for each, _ in snapshot.search_lexical(question, _RIVALS) if each != passage.id]
    for rival in snapshot.passages(ids):
        same = metadata_of(rival)["doc_id"] == metadata_of(passage)["doc_id"]
        if same and find_span(rival.page_content, answer) is not None:
            continue
        if shared <= _terms(rival, analyzer):
            return "another passage fits the question"
    return None


def _column(passage: Document, answer: str) -> str | None:
    """The name of the column that the answer stands in, in a row of three cells or more; None otherwise."""
    if metadata_of(passage)["kind"] != "table":
        return None
    in_context = [cells for line in metadata_of(passage)["context"].splitlines() if (cells := _cells(line))]
    in_text = [cells for line in passage.page_content.splitlines() if (cells := _cells(line))]
    header = (in_context[-1:] or in_text[:1] or [[]])[0]
    for cells in in_text:
        if len(cells) == len(header) and cells != header:
            for name, cell in zip(header, cells, strict=True):
                if find_span(cell, answer) is not None:
                    return name
    return None


def _cells(line: str) -> list[str]:
    """The cells of a line, none where it isn't a row of several columns."""
    cells = [cell.strip() for cell in _CELL.split(line)]
    return cells if len(cells) >= _COLUMNS else []


def _terms(passage: Document, analyzer: Analyzer) -> set[str]:
    text = embedding_text(metadata_of(passage)["context"], passage.page_content)
    return set(analyzer.content_terms(text))
