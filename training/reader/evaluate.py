"""What the reader is worth alone: where the answer stands, whether one stands there, and in which passage.

Two settings: over the passages of the document that holds the answer, as published figures of reading are
given, and over what the product's search finds among all documents of the sets.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from langchain_core.documents import Document
from tqdm import tqdm

from eval.datasets import EvalQuestion, read_beir
from eval.measures.answers import contains_answer, exact_match, f1
from eval.measures.retrieval import rank_documents, score_rankings
from eval.selection import Selection
from rag.answer import Question
from rag.build import build_embeddings, build_retriever
from rag.filter import EVERYTHING, Filter
from rag.models.reader.reader import Reader
from rag.models.reader.reading import Reading
from rag.models.weights import resolve_model
from rag.passage import metadata_of
from rag.questions.inquiry import understand
from rag.settings import load_settings

Record = dict[str, Any]
_READ = 10  # passages


def evaluate(
    learned: Annotated[Path, typer.Argument(metavar="FILE", help="what `save` wrote")],
    sets: Annotated[list[Path], typer.Option(metavar="SET", help="folders in BEIR's form")],
    half: Annotated[Literal["fit", "kept", "report"], typer.Option(help="of the sets")] = "kept",
    sample: Annotated[int, typer.Option(help="questions of each set")] = 100,
    remove_gold: Annotated[list[str] | None, typer.Option(help="sets half of whose documents go")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="each question's record")] = None,
    seed: int = 0,
) -> None:
    """Measure the reader on questions of one half of the sets."""
    settings = load_settings(None).override("faq", enabled=False)
    reader = Reader(resolve_model(settings.embedder.model), learned)
    read = [each for folder in sets for each in read_beir(folder)]
    selection = Selection(read, pooled=True, sample=sample, seed=seed, removed=remove_gold or (), half=half)
    records: list[Record] = []
    embeddings = build_embeddings(settings)
    for corpus in selection.corpora(unanswerable=True):
        with corpus.open(settings, embeddings, embeddings.fingerprint) as kb:
            view = kb.view(EVERYTHING)
            search = build_retriever(settings, view, embeddings, k=_READ)
            asked = [(each.name, question) for each in corpus.sets for question in each.questions]
            for name, question in tqdm(asked, desc="questions", unit="question", file=sys.stderr):
                inquiry = understand(
                    Question(question.text, filter=Filter().excluding(corpus.left_out(question)))
                )
                found = search.search(inquiry)
                with view.contents() as contents:
                    own = [
                        each
                        for source in sorted(question.gold)
                        for each in contents.document_passages(source)
                    ]
                records.append({"set": name} | _record(question, reader, found, own))
    if out is not None:
        out.write_text(
            "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), encoding="utf-8"
        )
    for line in _table(records):
        typer.echo(line)


def _record(
    question: EvalQuestion, reader: Reader, found: Sequence[Document], own: Sequence[Document]
) -> Record:
    record: Record = {"id": question.id, "lang": question.lang, "answerable": question.answerable}
    if own and question.answers:
        text = _best_span(own, _read(reader, question.text, own))
        record |= {
            "own em": exact_match(text, question.answers, question.lang),
            "own f1": f1(text, question.answers, question.lang),
            "own contains": float(contains_answer(text, question.answers)),
        }
    if found:
        reading = _read(reader, question.text, found)
        scores = {
            "search": [-float(rank) for rank in range(len(found))],
            "relevance": [each.relevance for each in reading.passages],
            "span": list(reading.likelihoods),
        }
        sources = [str(each.metadata["source"]) for each in found]
        if question.answerable and question.gold:
            for name, values in scores.items():
                ranking = rank_documents(zip(sources, values, strict=True))
                measured = score_rankings({"q": ranking}, {"q": dict.fromkeys(question.gold, 1)}, ["nDCG@10"])
                record[f"ndcg {name}"] = measured["q"]["nDCG@10"]
        record |= {
            "nowhere": reading.nowhere,
            "relevance": max(scores["relevance"]),
            "span": max(scores["span"]),
            "reached": float(any(each in question.gold for each in sources)),
        }
        if question.answers:
            record["contains"] = float(contains_answer(_best_span(found, reading), question.answers))
    return record


def _read(reader: Reader, question: str, passages: Sequence[Document]) -> Reading:
    return reader.read(question, [(metadata_of(each)["context"], each.page_content) for each in passages])


def _best_span(passages: Sequence[Document], reading: Reading) -> str:
    """The likeliest span of all passages."""
    best = max(range(len(passages)), key=lambda at: reading.likelihoods[at])
    spans = reading.passages[best].spans
    return passages[best].page_content[spans[0].start : spans[0].end] if spans else ""


def _table(records: Sequence[Record]) -> Iterator[str]:
    by_set: dict[str, list[Record]] = defaultdict(list)
    for each in records:
        by_set[each["set"]].append(each)
        by_set["all"].append(each)
    names = (
        "own em",
        "own f1",
        "own contains",
        "contains",
        "reached",
        "ndcg search",
        "ndcg relevance",
        "ndcg span",
    )
    yield "| set | questions | " + " | ".join(names) + " | AUC nowhere | AUC relevance |"
    yield "|---" * (len(names) + 4) + "|"
    for name, found in by_set.items():
        cells = [_mean(each[key] for each in found if key in each) for key in names]
        cells += [_cell(_auc(found, "nowhere", -1)), _cell(_auc(found, "relevance", 1))]
        yield f"| {name} | {len(found)} | " + " | ".join(cells) + " |"


def _mean(values: Iterable[float]) -> str:
    found = list(values)
    return _cell(sum(found) / len(found) if found else None)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _auc(records: Sequence[Mapping[str, Any]], key: str, sign: int) -> float | None:
    """How often a question that can be answered has the better value than one that can't."""
    good, bad = (
        [sign * each[key] for each in records if key in each and each["answerable"] is it]
        for it in (True, False)
    )
    pairs = [(a > b) + 0.5 * (a == b) for a in good for b in bad]
    return sum(pairs) / len(pairs) if pairs else None
