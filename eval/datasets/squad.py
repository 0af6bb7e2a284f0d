"""Sets in SQuAD's form (version 1.1 and 2.0, XQuAD, DRCD, CMRC 2018) and in CMRC 2018's own.

Sources: Rajpurkar et al., "SQuAD: 100,000+ questions", EMNLP 2016, and "Know what you don't know", ACL 2018;
Cui et al., "A span-extraction dataset for Chinese machine reading comprehension", EMNLP-IJCNLP 2019.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from eval.datasets.lines import flag_of, read_json, text_of, unique_id
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet
from rag.errors import EvalError
from rag.text.language import language_of


class _Paragraph(NamedTuple):
    place: str
    title: str
    text: str
    questions: Sequence[
        tuple[str, Mapping[str, Any]]
    ]  # place, {"id", "question", "answers", "is_impossible"?}


def read_squad(file: Path, *, name: str | None = None, lang: str | None = None) -> EvalSet:
    """Read a file; a document is a paragraph (the same text once), the questions on it have it as relevant.

    Args:
        file: the JSON file.
        name: the set's name; the file's without its ending if None.
        lang: the language of all texts; told from the first paragraph if None. Give "zh-Hant" yourself.

    An unanswerable question of version 2.0 has its paragraph as ``near_document``.

    Raises:
        EvalError: the file can't be read or isn't of one of these forms; the message says where.
    """
    name = name or file.stem
    data = read_json(file)
    seen: set[str] = set()
    documents: dict[str, EvalDocument] = {}  # by text
    questions = []
    for place, title, text, asked in _paragraphs(data, str(file)):
        lang = lang or language_of(text)
        known = documents.setdefault(text, EvalDocument(f"{name}/p{len(documents):05}", title, text, lang))
        for where, record in asked:
            unique_id(seen, text_of(record, "id", where), where)
            questions.append(_question(record, where, known.id, lang))
        if not text.strip():
            raise EvalError(f"{place} is a paragraph without text")
    if not questions:
        raise EvalError(f"{file} holds no question")
    return EvalSet(name, tuple(documents.values()), tuple(questions))


def _paragraphs(data: Any, place: str) -> Iterator[_Paragraph]:
    if isinstance(data, list):  # CMRC 2018's own form
        for number, record in enumerate(data):
            where = f"{place}, [{number}]"
            asked = [
                (at, {"id": each.get("query_id"), "question": each.get("query_text"), **each})
                for at, each in _list(record, "qas", where)
            ]
            yield _Paragraph(
                where, text_of(record, "title", where, ""), text_of(record, "context_text", where), asked
            )
        return
    for where, article in _list(data, "data", place):
        title = text_of(article, "title", where, "")
        for at, paragraph in _list(article, "paragraphs", where):
            yield _Paragraph(at, title, text_of(paragraph, "context", at), _list(paragraph, "qas", at))


def _list(record: Any, key: str, place: str) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(record, dict) or not isinstance(record.get(key), list):
        raise EvalError(f"{place} has no list \"{key}\", so it isn't in SQuAD's form")
    entries = [(f"{place}, {key}[{number}]", each) for number, each in enumerate(record[key])]
    for where, each in entries:
        if not isinstance(each, dict):
            raise EvalError(f"{where} isn't an object")
    return entries


def _question(record: Mapping[str, Any], place: str, document: str, lang: str) -> EvalQuestion:
    answers = []
    for number, answer in enumerate(record.get("answers") or ()):
        where = f"{place}, answers[{number}]"
        answers.append(answer if isinstance(answer, str) else text_of(answer, "text", where))
    answerable = not flag_of(record, "is_impossible", place, default=False)
    if answerable != bool(answers):
        raise EvalError(f'{place}: "is_impossible" and "answers" contradict each other')
    return EvalQuestion(
        id=text_of(record, "id", place),
        text=text_of(record, "question", place),
        lang=lang,
        answers=tuple(dict.fromkeys(answers)),
        answerable=answerable,
        relevant={document: 1} if answerable else {},
        near_document=None if answerable else document,
    )
