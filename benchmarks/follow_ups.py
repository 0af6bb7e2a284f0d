"""Which questions lean on a conversation, and whether they are rewritten rightly.

    python -m benchmarks.follow_ups --kb .wenju --half report

KB is the sample knowledge base (``python -m ingest kb``), about which the conversations of
``eval/data/follow_ups.jsonl`` are. A rewriting is right if it has every word that it must have, none of those
that the follow-up replaced, and no content word that is neither in the conversation nor in a rewriting by
hand. The rules and the prompt were made on the half "fit". A hit: the search's first five passages are from a
document that answers.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.retrievers import BaseRetriever

from benchmarks.measuring import Row, markdown_table, percentiles
from rag.answer import Question, Turn
from rag.build import build_embeddings, build_generator, build_retriever, open_knowledge_base
from rag.filter import EVERYTHING
from rag.models.embedder import CachedQueryEmbeddings
from rag.passage import metadata_of
from rag.questions.follow_ups import leans
from rag.questions.inquiry import understand
from rag.questions.rewriting import Rewriter
from rag.settings import load_settings
from rag.text.analysis import Analyzer
from rag.text.words import fold

CASES = Path("eval/data/follow_ups.jsonl")
_READ = 5  # passages


def main() -> None:
    """Rewrite the questions of a half and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kb", type=Path, default=Path(".wenju"))
    parser.add_argument("--half", choices=("fit", "report"), default="report")
    parser.add_argument("--generator", metavar="NAME", help="instead of the settings'")
    args = parser.parse_args()
    settings = load_settings().override("knowledge_base", path=args.kb)
    if args.generator:
        settings = settings.override("generator", model=args.generator)
    own = build_embeddings(settings)
    view = open_knowledge_base(settings, own).view(EVERYTHING)
    with view.contents() as contents:
        analyzer = contents.analyzer
    embeddings = CachedQueryEmbeddings(own)
    retriever = build_retriever(settings, view, embeddings)
    generator = build_generator(settings.generator, analyzer=analyzer, embeddings=embeddings)
    rewriter = Rewriter(generator, analyzer)
    rewriter.warm("zh")
    rewriter.warm("en")
    lines = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    results = []
    for case in (each for each in lines if each["split"] == args.half):
        results.append(measure(case, rewriter, retriever, analyzer))
        print(json.dumps(results[-1], ensure_ascii=False), flush=True)
    languages = {"all": results} | {
        lang: [each for each in results if each["lang"] == lang] for lang in ("zh", "en")
    }
    print(markdown_table([_row(name, each) for name, each in languages.items() if each]))


def measure(
    case: dict[str, Any], rewriter: Rewriter, retriever: BaseRetriever, analyzer: Analyzer
) -> dict[str, Any]:
    """Rewrite a case's question, and search for it in each form."""
    history = tuple(Turn(turn["role"], turn["content"]) for turn in case["history"])
    question = Question(case["text"], history)
    start = time.perf_counter()
    written = rewriter.standalone(question)
    elapsed = (time.perf_counter() - start) * 1000
    forms = {
        "as it is": case["text"],
        "joined": understand(question).query,
        "rewritten": written or understand(question).query,
    }
    return {
        "id": case["id"],
        "lang": case["lang"],
        "leans": case["leans"],
        "detected": leans(case["text"]),
        "rewritten": written,
        "right": written is not None and case["leans"] and is_right(written, case, analyzer),
        "hits": {name: _hit(retriever, query, case["sources"]) for name, query in forms.items()},
        "ms": round(elapsed, 1),
    }


def is_right(written: str, case: dict[str, Any], analyzer: Analyzer) -> bool:
    """Whether a rewritten question has the words that it must have, and no foreign ones."""
    folded = fold(written)
    if not all(any(fold(each) in folded for each in group) for group in case["must"]):
        return False
    if any(fold(each) in folded for each in case["absent"]):
        return False
    said = "\n".join([case["expected"], case["text"], *(turn["content"] for turn in case["history"])])
    known = set(analyzer.terms(said))
    return all(each in known or each in fold(said) for each in analyzer.content_terms(written))


def _hit(retriever: BaseRetriever, query: str, sources: Sequence[str]) -> bool:
    found = retriever.invoke(query)[:_READ]
    return any(metadata_of(each)["source"] in sources for each in found)


def _row(name: str, results: Sequence[dict[str, Any]]) -> Row:
    leaning = [each for each in results if each["leans"]]
    detected = [each for each in results if each["detected"]]
    used = [each for each in leaning if each["rewritten"]]
    found = [each for each in detected if each["leans"]]
    row: Row = {
        "questions": name,
        "lean": float(len(leaning)),
        "detected": float(len(found)),
        "precision": len(found) / len(detected) if detected else 0.0,
        "recall": len(found) / len(leaning) if leaning else 0.0,
        "rewritten": float(len(used)),
        "rewritten right": float(sum(each["right"] for each in leaning)),
        "changed though standing alone": float(
            sum(bool(each["rewritten"]) for each in results if not each["leans"])
        ),
    }
    for form in ("as it is", "joined", "rewritten"):
        row[f"hits, {form}"] = float(sum(each["hits"][form] for each in leaning))
    row["ms p50"] = percentiles(each["ms"] for each in found)[0] if found else 0.0
    return row


if __name__ == "__main__":
    main()
