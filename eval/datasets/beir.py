"""Sets in BEIR's form: ``corpus.jsonl``, ``queries.jsonl``, ``qrels.tsv``.

Further ``qrels_NAME.tsv`` judge other questions on the same corpus, as a rule those of the set in another
language; they become sets of their own, ``SET@NAME``.

Source: Thakur et al., "BEIR", NeurIPS 2021. Beyond BEIR, a question may have ``answers``, ``lang``,
``answerable``, ``near_doc``, ``type`` and ``split``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from eval.datasets.lines import id_key, read_objects, read_text, text_of, unique_id
from eval.datasets.questions import read_question_lines
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet, Parallel
from rag.errors import EvalError

Judgements = dict[str, dict[str, int]]  # question id → document id → gain
Questions = dict[str, tuple[str, EvalQuestion]]  # id → place, question


def read_beir(folder: Path) -> list[EvalSet]:
    """Read the set in a folder, named as the folder is, and after it one for each ``qrels_NAME.tsv``.

    The questions of ``qrels_NAME.tsv`` are those of ``queries_NAME.jsonl``, else of ``queries.jsonl``, else
    of a sibling folder's. A question that two files judge ties the documents together that they name, if each
    names one: they are the same text in two languages (`EvalSet.parallel`).

    Raises:
        EvalError: a file is missing or a line of it is wrong; a judgement names a question or document that
            isn't there, or a relevant document for a question that can't be answered.
    """
    folder = folder.resolve()
    name = folder.name
    questions = read_question_lines(folder / "queries.jsonl")
    judgements = _read_qrels(folder / "qrels.tsv")
    documents = _read_corpus(folder / "corpus.jsonl", name)
    ids = {document.id for document in documents}
    own = [
        _judged(place, question, name, judgements.pop(question.id, {}), ids, folder / "qrels.tsv")
        for place, question in questions.values()
    ]
    if judgements:
        raise EvalError(
            f"{folder / 'qrels.tsv'} judges {_first(judgements)}, which queries.jsonl doesn't have"
        )
    # Documents seldom say their language; the set's questions do, better than a guess at each text.
    lang = Counter(question.lang for question in own).most_common(1)[0][0]
    documents = tuple(each if each.lang else replace(each, lang=lang) for each in documents)
    further = []
    pairs: list[tuple[str, str]] = []
    for file in sorted(folder.glob("qrels_*.tsv")):
        home, asked = _home_of(file, questions)
        judgements = _read_qrels(file)
        crossing = [
            _judged(asked[each][0], asked[each][1], name, gains, ids, file)
            for each, gains in judgements.items()
        ]
        if home != folder:
            pairs.extend(_pairs(crossing, home))
        further.append(EvalSet(f"{name}@{file.stem.removeprefix('qrels_')}", documents, tuple(crossing)))
    parallel = join_groups(pairs)
    return [replace(each, parallel=parallel) for each in [EvalSet(name, documents, tuple(own)), *further]]


def join_groups(groups: Iterable[Sequence[str]]) -> Parallel:
    """Groups that share a member become one; members and groups are sorted."""
    group_of: dict[str, set[str]] = {}
    for group in groups:
        joined = set(group).union(*(group_of.get(each, ()) for each in group))
        for each in joined:
            group_of[each] = joined
    return tuple(sorted({tuple(sorted(group)) for group in group_of.values() if len(group) > 1}))


def _read_corpus(file: Path, name: str) -> tuple[EvalDocument, ...]:
    seen: set[str] = set()
    documents = tuple(
        EvalDocument(
            id=f"{name}/{unique_id(seen, text_of(record, id_key(record), place), place)}",
            title=text_of(record, "title", place, ""),
            text=text_of(record, "text", place),
            lang=text_of(record, "lang", place, ""),
        )
        for place, record in read_objects(file)
    )
    if not documents:
        raise EvalError(f"{file} holds no document")
    return documents


def _read_qrels(file: Path) -> Judgements:
    judgements: Judgements = {}
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        cells = line.rstrip("\r").split("\t")
        if not line.strip() or (number == 1 and cells[-1] == "score"):
            continue
        place = f"{file}, line {number}"
        if len(cells) != 3 or not cells[2].strip().lstrip("-").isdigit():
            raise EvalError(f"{place} isn't query-id, corpus-id and a whole score between tabs")
        gains = judgements.setdefault(cells[0], {})
        if cells[1] in gains:
            raise EvalError(f"{place} judges {cells[1]} for {cells[0]} a second time")
        gains[cells[1]] = int(cells[2])
    return judgements


def _judged(
    place: str, question: EvalQuestion, name: str, gains: Mapping[str, int], ids: set[str], file: Path
) -> EvalQuestion:
    relevant = {f"{name}/{each}": gain for each, gain in gains.items()}
    if missing := relevant.keys() - ids:
        raise EvalError(f"{file} judges {_first(missing)} for {question.id}, which corpus.jsonl doesn't have")
    if not question.answerable and any(gain > 0 for gain in relevant.values()):
        raise EvalError(
            f"{place}: {question.id} can't be answered but has a relevant document in {file.name}"
        )
    near = question.near_document and f"{name}/{question.near_document}"
    if near and near not in ids:
        raise EvalError(f"{place} names the near document {near}, which corpus.jsonl doesn't have")
    return replace(question, relevant=relevant, near_document=near)


def _home_of(file: Path, own: Questions) -> tuple[Path, Questions]:
    """The folder that the questions of a further qrels file live in, and its questions."""
    wanted = _read_qrels(file).keys()
    beside = file.with_name(file.stem.replace("qrels_", "queries_", 1) + ".jsonl")
    if beside.is_file():
        questions = read_question_lines(beside)
        if missing := wanted - questions.keys():
            raise EvalError(f"{file} judges {_first(missing)}, which {beside.name} doesn't have")
        return file.parent, questions
    if wanted <= own.keys():
        return file.parent, own
    for other in sorted(file.parent.parent.glob("*/queries.jsonl")):
        # Looking for one id first spares parsing every set that lies beside this one.
        if other.parent != file.parent and next(iter(wanted)) in read_text(other):
            questions = read_question_lines(other)
            if wanted <= questions.keys():
                return other.parent, questions
    raise EvalError(
        f"no queries.jsonl beside {file.parent} has the questions of {file.name}; add {beside.name}"
    )


def _pairs(crossing: Sequence[EvalQuestion], home: Path) -> Iterable[tuple[str, str]]:
    judgements = _read_qrels(home / "qrels.tsv")
    for question in crossing:
        there = [each for each, gain in judgements.get(question.id, {}).items() if gain > 0]
        here = list(question.gold)
        if len(there) == len(here) == 1:
            yield here[0], f"{home.name}/{there[0]}"


def _first(ids: Iterable[str]) -> str:
    return min(ids)
