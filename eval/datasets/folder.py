"""Questions on real files, in a folder or ingested already: answers come through parsing, tables and OCR."""

from dataclasses import replace
from pathlib import Path

from eval.datasets.questions import read_question_lines
from eval.datasets.records import EvalQuestion, EvalSet
from rag.errors import EvalError


def read_folder(folder: Path, questions: Path, *, name: str | None = None) -> EvalSet:
    """Read questions on a folder of files; a file is a document, and its path in the folder its id.

    Args:
        folder: the files, as they are ingested.
        questions: JSONL of ``{"id", "text", "lang", "answers", "sources", "page"?, "answerable", "kind"?}``;
            each of ``sources`` holds the evidence. ``text`` alone will do: what needs gold data is then
            unmeasured.
        name: the set's name; the questions' file's without its ending if None.

    Raises:
        EvalError: a line is wrong, or a source isn't there.
    """
    if not folder.is_dir():
        raise EvalError(f"{folder} isn't a folder")
    judged = [_judged(place, each, folder) for place, each in read_question_lines(questions).values()]
    return EvalSet(name or questions.stem, (), tuple(judged), folder=folder)


def read_on_knowledge_base(knowledge_base: Path, questions: Path, *, name: str | None = None) -> EvalSet:
    """Read questions on the documents of a knowledge base; a document's id is its source there.

    A source that the knowledge base lacks is no error: that is where an answer to it was lost.

    Args:
        knowledge_base: its folder.
        questions: as for `read_folder`.
        name: the set's name; the questions' file's without its ending if None.

    Raises:
        EvalError: a line is wrong.
    """
    judged = [_judged(place, each, None) for place, each in read_question_lines(questions).values()]
    return EvalSet(name or questions.stem, (), tuple(judged), knowledge_base=knowledge_base)


def _judged(place: str, question: EvalQuestion, folder: Path | None) -> EvalQuestion:
    if question.sources and not question.answerable:
        raise EvalError(f'{place}: "answerable" is false but it has a source')
    for source in (*question.sources, *([question.near_document] if question.near_document else [])):
        if folder is not None and not (folder / source).is_file():
            raise EvalError(f"{place} names {source}, which isn't in {folder}")
    return replace(question, relevant=dict.fromkeys(question.sources, 1))
