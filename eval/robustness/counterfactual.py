"""Passages with a fact changed: the answer replaced by another question's of the same shape."""

import random
import re
import unicodedata
from collections.abc import Sequence

from langchain_core.documents import Document

from eval.datasets.records import EvalQuestion
from eval.measures.answers import contains_answer
from eval.spans import find_spans, fold
from rag.passage import metadata_of
from rag.text.language import language_of

_MONTHS = re.compile(
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_HAN_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_DATE_UNIT = re.compile(r"[年月日号]")
_SMALL_WORDS = frozenset({"of", "the", "and", "de", "la", "von", "van", "der", "in", "for"})
# What a question asks for, where that can be told.
_ASKED = (
    ("who", re.compile(r"\bwho(?:m|se)?\b|谁|哪位|哪个人|什么人|何人", re.IGNORECASE)),
    ("where", re.compile(r"\bwhere\b|哪里|哪儿|何处|何地|什么地方|哪个地方", re.IGNORECASE)),
    ("", re.compile(r"\b(?:what|which) (?!is|was|are|were|did|do|does)(\w{3,}?)s?\b", re.IGNORECASE)),
    ("", re.compile(r"(?:什么|哪个|哪一个|哪家|哪一家|哪所|哪座|哪种|哪支)([\u4e00-\u9fff]{2})")),
)
_NAME_WORDS = 5
_NAME_CHARACTERS = 8


def shape_of(answer: str) -> str | None:
    """What kind of thing a short answer is; None for phrases, which have no like.

    - a year: ``year``; a date: ``date`` and what it gives (``date DMY``);
    - a number with whatever stands around it: ``# km``, ``第#届``; a number written in Chinese counts;
    - a name: ``name N``, of N capitalized words (English), or of N Chinese characters, 2 to 8.
    """
    text = " ".join(unicodedata.normalize("NFKC", answer).split()).strip(" .,;。，；")
    if _YEAR.fullmatch(text) or re.fullmatch(r"(?:1\d|20)\d\d年", text):
        return "year"
    words = re.findall(r"[^\W\d_]+|\d+", text.lower())
    months = [word for word in words if _MONTHS.fullmatch(word)]
    if months and any(word.isdigit() for word in words):
        parts = "".join("M" if _MONTHS.fullmatch(w) else "Y" if _YEAR.fullmatch(w) else "D" for w in words)
        return f"date {parts}" if len(words) == len(_NUMBER.findall(text)) + len(months) else None
    if _NUMBER.search(text) and len(_DATE_UNIT.findall(text)) >= 2:
        return "date " + re.sub(r"\d+", "#", text)
    if _NUMBER.search(text):
        return _NUMBER.sub("#", text).lower()
    if language_of(text) == "zh":
        if _HAN_NUMBER.match(text) and len(text) <= _NAME_CHARACTERS:
            return _HAN_NUMBER.sub("#", text)
        return f"name {len(text)}" if 2 <= len(text) <= _NAME_CHARACTERS and text.isalpha() else None
    named = [word for word in re.split(r"[\s-]+", text) if word.lower() not in _SMALL_WORDS]
    if named and len(named) <= _NAME_WORDS and all(word[:1].isupper() for word in named):
        return f"name {len(named)}"
    return None


def false_answer(
    question: EvalQuestion, others: Sequence[EvalQuestion], gold: Sequence[Document], seed: str
) -> str | None:
    """Another question's answer of the same shape and language, or None where there is none.

    Names are of many kinds, so one only gives way to another that was asked for alike ("who", "which city").
    It isn't in the question or its documents, and neither holds nor is held by a right answer.
    """
    true = question.answers[0]
    shape = shape_of(true)
    if shape is None:
        return None
    asked = _asked_for(question.text) if shape.startswith("name") else None
    if shape.startswith("name") and asked is None:
        return None
    texts = [fold(question.text), *(fold(each.page_content) for each in gold)]
    right = [fold(each) for each in question.answers]
    candidates = sorted(
        {
            answer
            for other in others
            if other.id != question.id and other.lang == question.lang
            for answer in other.answers[:1]
            if shape_of(answer) == shape
            and (asked is None or _asked_for(other.text) == asked)
            and not any(fold(answer) in text for text in texts)
            and not any(fold(answer) in each or each in fold(answer) for each in right)
        }
    )
    return random.Random(seed).choice(candidates) if candidates else None


def with_answer_replaced(passage: Document, answers: Sequence[str], replacement: str) -> Document | None:
    """The passage with every occurrence of the answers replaced, or None if that leaves one of them.

    The id and ``end`` are changed so that the passage stays consistent in itself; it is no slice of a stored
    text any more.
    """
    metadata = metadata_of(passage)
    text = _replaced(passage.page_content, answers, replacement)
    context = _replaced(metadata["context"], answers, replacement)
    if text == passage.page_content or contains_answer(f"{context}\n{text}", answers):
        return None
    changed = {**passage.metadata, "context": context, "end": metadata["start"] + len(text)}
    return Document(id=f"{passage.id}#changed", page_content=text, metadata=changed)


def _asked_for(question: str) -> str | None:
    for kind, pattern in _ASKED:
        if match := pattern.search(question):
            return kind or match.group(1).lower()
    return None


def _replaced(text: str, answers: Sequence[str], replacement: str) -> str:
    # The longest first: of "Paris" and "Paris, France" the whole goes.
    for answer in sorted(answers, key=len, reverse=True):
        for span in reversed(list(find_spans(text, answer))):
            text = text[: span.start] + replacement + text[span.end :]
    return text
