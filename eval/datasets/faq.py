"""A benchmark that anyone can write in a spreadsheet: questions, answers, other phrasings."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.datasets.curated_sets import curated_document
from eval.datasets.lines import flag_of, read_objects, read_text, text_of, texts_of, unique_id
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet
from rag.errors import EvalError
from rag.text.language import language_of

COLUMNS = ("id", "question", "answer", "phrasings", "source", "answerable")
_CHINESE = {"编号": "id", "问题": "question", "答案": "answer", "其他问法": "phrasings"} | {
    "来源": "source",
    "可回答": "answerable",
}
_BETWEEN = re.compile(r"\s*[\n|；;]\s*")
_YES = {"", "true", "yes", "1", "y", "是", "可以"}
_NO = {"false", "no", "0", "n", "否", "不可以"}


def read_faq(
    file: Path, *, folder: Path | None = None, knowledge_base: Path | None = None, name: str | None = None
) -> EvalSet:
    """Read a benchmark from CSV (``.csv``) or JSONL with the fields in `COLUMNS`, or their Chinese names.

    ``question`` is needed, and ``answer`` unless ``answerable`` is false (true if absent). Other phrasings
    stand between ``|``, ``;`` or line breaks in CSV, in a list in JSONL; each becomes a question of its own,
    of the kind "phrasing", with the id ``ID.N``. ``id`` is by default the entry's number from 1 on.

    Args:
        file: the benchmark.
        folder: a folder of files to ask; ``source`` then is needed and is a file in it. Without a folder and
            a knowledge base the entries themselves are the corpus: an answerable entry is a curated one, with
            its question but without the other phrasings, which are asked.
        knowledge_base: or a knowledge base to ask; ``source`` then is needed.
        name: the set's name; the file's without its ending if None.

    Raises:
        EvalError: the file can't be read or a line is wrong.
    """
    name = name or file.stem
    entries = _csv_entries(file) if file.suffix.lower() == ".csv" else _jsonl_entries(file)
    seen: set[str] = set()
    documents: list[EvalDocument] = []
    questions: list[EvalQuestion] = []
    for number, (place, entry) in enumerate(entries, start=1):
        each = unique_id(seen, text_of(entry, "id", place, "") or str(number), place)
        question = text_of(entry, "question", place, "").strip()
        answer = text_of(entry, "answer", place, "").strip()
        source = text_of(entry, "source", place, "").strip()
        answerable = flag_of(entry, "answerable", place)
        if not question:
            raise EvalError(f"{place} has no question")
        if answerable != bool(answer):
            said = "no answer" if answerable else "an answer although it can't be answered"
            raise EvalError(f"{place} has {said}")
        if folder is not None and answerable and not (source and (folder / source).is_file()):
            raise EvalError(f"{place} names the source {source!r}, which isn't a file in {folder}")
        if knowledge_base is not None and answerable and not source:
            raise EvalError(f"{place} names no source, the document of the knowledge base that answers it")
        own_corpus = folder is None and knowledge_base is None
        relevant = f"{name}/{each}" if own_corpus else source
        if answerable and own_corpus:
            document = EvalDocument(relevant, question, answer, language_of(answer))
            documents.append(curated_document(document, question, (), answer))
        for index, text in enumerate((question, *texts_of(entry, "phrasings", place))):
            questions.append(
                EvalQuestion(
                    id=f"{each}.{index}" if index else each,
                    text=text,
                    lang=language_of(text),
                    answers=(answer,) if answer else (),
                    answerable=answerable,
                    relevant={relevant: 1} if answerable else {},
                    kind="phrasing" if index else "question",
                    sources=(source,) if source else (),
                )
            )
    if not questions:
        raise EvalError(f"{file} holds no question")
    return EvalSet(name, tuple(documents), tuple(questions), folder=folder, knowledge_base=knowledge_base)


def _jsonl_entries(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for place, record in read_objects(file):
        yield place, {_CHINESE.get(key, key): value for key, value in record.items()}


def _csv_entries(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        names = [_CHINESE.get(each, each.lower()) for each in header]
        if "question" not in names:
            raise EvalError(f'{file}, line 1 has no column "question" (or 问题) but {", ".join(header)}')
        for row in reader:
            place = f"{file}, line {reader.line_num}"  # where a row of several lines ends
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(names):
                raise EvalError(
                    f"{place} has {len(row)} cells, the header {len(names)}; quote commas in texts"
                )
            entry: dict[str, Any] = dict(zip(names, row, strict=False))
            phrasings = _BETWEEN.split(entry.get("phrasings", "").strip())
            entry["phrasings"] = [each for each in phrasings if each]
            entry["answerable"] = _truth(entry.get("answerable", ""), place)
            yield place, entry
    except csv.Error as error:
        raise EvalError(f"{file}, line {reader.line_num} isn't CSV: {error}") from error


def _truth(cell: str, place: str) -> bool:
    word = cell.strip().lower()
    if word not in _YES | _NO:
        raise EvalError(f'{place}: "answerable" is neither true nor false but {cell!r}')
    return word in _YES
