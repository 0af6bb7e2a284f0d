"""Which curated entry a question asks: fits the matcher, and reports on questions it wasn't fitted on.

Fitted on the first halves of all sets but the last, each question asked twice: with its entry there, and, at
a fourth of the weight, with it taken away, so that the nearest one is wrong; and of sets with phrasings also
with one phrasing an entry. In faq_oss a question is asked in one language of entries in the other.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from eval.corpora import open_corpus
from eval.datasets import EvalQuestion, EvalSet, read_sets
from eval.datasets.curated_sets import as_curated, curated_document
from eval.datasets.records import EvalDocument, FaqDocument
from eval.datasets.splits import split_halves
from rag.build import build_embeddings
from rag.curated import FaqMatch, FaqMatcher
from rag.curated.features import Candidate, candidates
from rag.curated.matcher import LOOKED_AT
from rag.filter import EVERYTHING
from rag.knowledge_base import QuestionHit
from rag.models.embedder import SentenceEmbeddings
from rag.passage import metadata_of
from rag.settings import Settings
from training.fit.logistic import fit_logistic
from training.tables import estimate, markdown_table

FITTED = ("faq_banking77_en", "faq_clinc150_en", "faq_oss_en", "faq_oss_zh")
REPORTED = "faq_covid_deepset_en"
_MOST = 900  # questions of a set to fit on
_GONE = 0.25  # what a question counts whose entry was taken away: one in five isn't in the FAQ
_REACH = LOOKED_AT + 1  # one entry may be taken away

Row = dict[str, str]


def curated(
    folder: Annotated[Path, typer.Argument(metavar="SETS", help="the folder that holds the sets")],
    fitting: Annotated[bool, typer.Option("--fit", help="print the coefficients instead")] = False,
) -> None:
    """Measure which curated entry a question is matched with, or fit what the matcher goes by.

    SETS holds faq_banking77_en, faq_clinc150_en, faq_oss_en, faq_oss_zh and faq_covid_deepset_en, in BEIR's
    form. Coefficients go to rag/curated/features.py.
    """
    read = [each for name in (*FITTED, REPORTED) for each in read_sets(folder / name)]
    made = as_curated(read, (*FITTED, REPORTED))
    halves = split_halves([each for each in made if each.name != REPORTED])
    embeddings = build_embeddings(Settings())
    # Questions of faq_oss in the entries' own language are the entries' own questions.
    if fitting:
        fit([each for each in halves.fit if each.name not in FITTED[2:]], embeddings)
        return
    reported = [each for each in halves.report if each.name not in FITTED[2:]]
    reported.append(next(each for each in made if each.name == REPORTED))
    rows = report(reported, folder / REPORTED / "hard_negatives.jsonl", embeddings)
    print(markdown_table(list(rows[0]), ([row.get(name, "") for name in rows[0]] for row in rows)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the entries nearest to it; ``right`` are the documents that answer it."""

    text: str
    right: frozenset[str]
    vector: NDArray[np.float32]
    hits: list[QuestionHit]


class Entries:
    """The entries of sets as a knowledge base, and what is asked of them."""

    def __init__(self, documents: Sequence[EvalDocument], embeddings: SentenceEmbeddings) -> None:
        splitter = Settings().splitter
        self.view = open_corpus(documents, embeddings, embeddings.fingerprint, splitter).view(EVERYTHING)
        self._embeddings = embeddings
        with self.view.contents() as contents:
            passages = contents.passages(list(dict.fromkeys(contents.questions().passage_ids)))
        self.sources = {str(each.id): metadata_of(each)["source"] for each in passages}

    def ask(self, questions: Sequence[EvalQuestion], *, gone: bool = False) -> list[Asked]:
        """The entries nearest to each question; with ``gone``, as if those that answer it weren't there."""
        vectors = np.array(self._embeddings.embed_queries([each.text for each in questions]), np.float32)
        asked = []
        for each, vector in zip(questions, vectors, strict=True):
            with self.view.contents() as contents:
                hits = contents.search_questions(vector, _REACH)
            if gone:
                hits = [hit for hit in hits if self.sources[hit.passage_id] not in each.gold]
            right = frozenset[str]() if gone else each.gold
            asked.append(Asked(each.text, right, vector, hits[:LOOKED_AT]))
        return asked

    def match(self, asked: Sequence[Asked]) -> list[FaqMatch | None]:
        """What the matcher says."""
        matcher = FaqMatcher(self.view, self._embeddings, likely=Settings().faq.likely)
        with self.view.contents() as contents:
            return [matcher.judge(contents, each.text, each.vector, each.hits) for each in asked]


def fit(sets: Sequence[EvalSet], embeddings: SentenceEmbeddings) -> None:
    """Print the coefficients."""
    samples: dict[bool, list[tuple[list[float], bool, float]]] = {False: [], True: []}
    for each in sets:
        for view in [each] if each.name.startswith("faq_oss") else [each, _single(each)]:
            questions = random.Random(1).sample(list(view.questions), min(_MOST, len(view.questions)))
            judged = [question for question in questions if question.gold]
            entries = Entries(view.documents, embeddings)
            for weight, way in ((1.0, entries.ask(questions)), (_GONE, entries.ask(judged, gone=True))):
                for asked in way:
                    best = _best(entries, asked)
                    right = entries.sources[best.hit.passage_id] in asked.right
                    samples[best.features.crossing].append((list(best.features[:-1]), right, weight))
    for crossing, pairs in samples.items():
        columns = [np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True)]
        weights = fit_logistic(columns[0], columns[1], columns[2])
        name = "OTHER_LANGUAGE" if crossing else "SAME_LANGUAGE"
        print(f"{name} = {', '.join(f'{each:.2f}' for each in weights)}  # {len(pairs)} pairs")


def report(sets: Sequence[EvalSet], hard: Path, embeddings: SentenceEmbeddings) -> list[Row]:
    """What would be answered directly and what suggested, by set."""
    rows: list[Row] = []
    for each in sets:
        entries = Entries(each.documents, embeddings)
        rows.append(_row(each.name, entries, entries.ask(each.questions)))
        judged = [question for question in each.questions if question.gold]
        rows.append(_row(f"{each.name}, their entries taken away", entries, entries.ask(judged, gone=True)))
    lines = [json.loads(line) for line in hard.read_text(encoding="utf-8").splitlines()]
    covid = next(each for each in sets if each.name == REPORTED)
    entries = Entries(covid.documents, embeddings)
    forbidden = [frozenset(f"{REPORTED}/{name}" for name in each["not_faq"]) for each in lines]
    questions = [EvalQuestion(str(number), each["query"], "en") for number, each in enumerate(lines)]
    matches = entries.match(entries.ask(questions))
    given = [
        float(_is_sure(match) and _source(match) in wrong)
        for match, wrong in zip(matches, forbidden, strict=True)
    ]
    rows.append({"set": f"{REPORTED}, hard negatives", "questions": f"{len(lines)}"})
    rows[-1]["direct, outside"] = estimate(given)
    return rows


def _row(name: str, entries: Entries, asked: Sequence[Asked]) -> Row:
    matches = entries.match(asked)
    right = [_source(match) in each.right for match, each in zip(matches, asked, strict=True)]
    sure = [_is_sure(match) for match in matches]
    there = [bool(each.right) for each in asked]

    def share(of: Sequence[bool], where: Sequence[bool]) -> str:
        return estimate([float(value) for value, wanted in zip(of, where, strict=True) if wanted])

    found = [match is not None for match in matches]
    first = [entries.sources[_best(entries, each).hit.passage_id] in each.right for each in asked]
    return {
        "set": name,
        "questions": f"{len(asked)}",
        "direct, right of them": share(right, sure),
        "direct, of what an entry answers": share(sure, there),
        "direct, outside": share(sure, [not each for each in there]),
        "suggested, right of them": share(right, [a and not b for a, b in zip(found, sure, strict=True)]),
        "direct or suggested": share(found, there),
        "nearest is right": share(first, there),
    }


def _best(entries: Entries, asked: Asked) -> Candidate:
    ids = [each.passage_id for each in asked.hits]
    with entries.view.contents() as contents:
        passages = {str(each.id): each for each in contents.passages(ids)}
        answers = {each.passage_id: passages[each.passage_id].page_content for each in asked.hits}
        cosines = contents.score_dense(asked.vector, ids)
        return candidates(asked.text, asked.hits, cosines, answers, contents.analyzer)[0]


def _single(eval_set: EvalSet) -> EvalSet:
    """The set with one question an entry: a seeded one of its phrasings."""
    made = []
    for each in eval_set.documents:
        assert isinstance(each, FaqDocument)
        lines = each.text.splitlines()
        question = random.Random(f"1 {each.id}").choice(lines[1 : 1 + each.phrasings])
        made.append(curated_document(each, question, (), lines[-1]))
    return replace(eval_set, documents=tuple(made))


def _is_sure(match: FaqMatch | None) -> bool:
    return match is not None and match.verdict == "sure"


def _source(match: FaqMatch | None) -> str:
    return metadata_of(match.entry.passage)["source"] if match is not None else ""
