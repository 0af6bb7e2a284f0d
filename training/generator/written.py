"""Questions written for training on documents of other sets: what one answers, and what it nearly answers.

A file of them names documents, it doesn't hold them: a line is ``{"id": document, "answered": [[question,
answer in the document's words], …], "unanswered": [question, …]}``. Each set's become a set of their own over
the same documents, so that what may be trained on is told as it is for the set itself.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.datasets import EvalQuestion
from eval.datasets.records import EvalSet
from rag.errors import TrainingError

SUFFIX = "+written"


def written_sets(sets: Sequence[EvalSet], file: Path) -> list[EvalSet]:
    """The questions of a file, as a set ``NAME+written`` for each of ``sets`` that has documents of it.

    Raises:
        TrainingError: a line's document isn't in any of the sets, or doesn't have an answer's words.
    """
    own = [each for each in sets if "@" not in each.name]
    found: dict[str, list[EvalQuestion]] = defaultdict(list)
    homes = {document.id: (each.name, document) for each in own for document in each.documents}
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            entry = json.loads(line)
            if entry["id"] not in homes:
                raise TrainingError(
                    f"{file}, line {number}: no set here has the document {entry['id']}; name its set, too"
                )
            name, document = homes[entry["id"]]
            for question in _questions(entry, document.lang):
                if question.answers and question.answers[0] not in document.text:
                    raise TrainingError(
                        f"{file}, line {number}: {entry['id']} doesn't have the words {question.answers[0]}; "
                        "correct the answer"
                    )
                found[name].append(question)
    return [
        replace(each, name=each.name + SUFFIX, questions=tuple(found[each.name]))
        for each in own
        if each.name in found
    ]


def _questions(entry: Any, lang: str) -> Iterator[EvalQuestion]:
    document = entry["id"]
    for place, (text, answer) in enumerate(entry["answered"]):
        yield EvalQuestion(f"{document} a{place}", text, lang, answers=(answer,), relevant={document: 1})
    for place, text in enumerate(entry["unanswered"]):
        yield EvalQuestion(f"{document} u{place}", text, lang, answerable=False, near_document=document)
