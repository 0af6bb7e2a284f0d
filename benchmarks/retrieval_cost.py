"""What each system's search costs in a running process, over a pool of sets: milliseconds and memory.

    python -m benchmarks.retrieval_cost SETS --systems dense lexical hybrid --systems-file FILE

Each system has a process of its own, which opens the pool's knowledge base (made once), asks some questions
to warm up and then ``--queries`` seeded ones of every set, for as many passages as answers are made from.
Prints the median and the 95th percentile, and the greatest memory of the process.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import Row, markdown_table, percentiles, run_apart
from eval.datasets import read_sets
from eval.datasets.pool import pool_sets
from eval.measures.cost import peak_memory
from eval.runs.parts import Parts
from eval.selection import Corpus
from eval.systems import read_systems
from rag.filter import EVERYTHING
from rag.questions.inquiry import understand
from rag.settings import load_settings

_WARM_UP = 10


def main() -> None:
    """Measure every system and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retrieval_cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--systems", nargs="+", default=["dense", "lexical", "hybrid"])
    parser.add_argument("--systems-file", type=Path)
    parser.add_argument("--queries", type=int, default=10, help="of each set (default: 10)")
    arguments = parser.parse_args()
    rest = arguments.systems_file, arguments.sets, arguments.queries
    print(markdown_table([run_apart(measure, name, *rest) for name in arguments.systems]))


def measure(name: str, systems_file: Path | None, sets: Sequence[Path], queries: int) -> Row:
    """One system's costs, in this process."""
    [system] = read_systems([name], load_settings(), systems_file)
    pool = pool_sets([read_sets(each)[0] for each in sets])
    questions = []
    for each in pool.sets:
        count = min(queries, len(each.questions))
        questions += random.Random(f"0 {each.name}").sample(list(each.questions), count)
    random.Random(0).shuffle(questions)
    with Parts() as parts:
        kb = parts.knowledge_base(system, Corpus(pool.sets, pool=pool))
        retriever = system.build_retriever(kb.view(EVERYTHING), parts.embeddings(system))
        milliseconds = []
        for number, question in enumerate(questions):  # none twice: queries are remembered
            started = time.perf_counter()
            retriever.search(understand(question.text))
            if number >= _WARM_UP:
                milliseconds.append((time.perf_counter() - started) * 1000)
    p50, p95 = percentiles(milliseconds)
    return {"system": name, "p50 ms": p50, "p95 ms": p95, "peak memory, MiB": peak_memory() / 2**20}


if __name__ == "__main__":
    main()
