"""Answering by each engine: memory, the first word, whole answers, declines; each in a process of its own.

    python -m benchmarks.engines --kb KB

asks questions of the sample (``eval/data/kb.jsonl``), the part that nothing is reported on, over a knowledge
base of it (`python -m ingest kb --kb KB`). ``--plain-cpu`` shows it as it is on a CPU without AVX-512 and
bfloat16: torch is kept from them, llama.cpp's package uses neither anyway, and the embedder runs in 8 bits
beside llama.cpp and in float32 beside transformers, as before there were 8 bits.
"""

import argparse
import json
import os
import time
from pathlib import Path

import psutil

from benchmarks.measuring import Row, markdown_table, percentiles, run_apart
from benchmarks.plain_cpu import VARIABLES
from rag.filter import EVERYTHING
from rag.service import Service
from rag.settings import load_settings

QUESTIONS = Path("eval/data/kb.jsonl")
WAYS = (("transformers", "float32"), ("transformers", "bfloat16"), ("llama.cpp", "auto"))


def measure(engine: str, dtype: str, kb: Path, questions: int, plain_cpu: bool) -> Row:
    """One engine's row: seconds, and the most memory that the process held in MiB."""
    settings = load_settings(None, kb=kb).override("generator", engine=engine, dtype=dtype)
    if plain_cpu:
        settings = settings.override("embedder", dtype="int8" if engine == "llama.cpp" else "float32")
    lines = map(json.loads, QUESTIONS.read_text(encoding="utf-8").splitlines())
    asked = [each["text"] for each in lines if each["split"] == "fit"]
    asked = asked[:: max(1, len(asked) // questions)][:questions]  # in both languages
    with Service(settings, roots=EVERYTHING) as service:
        started = time.perf_counter()
        for language in ("zh", "en"):
            service.warm(language)
        ready = time.perf_counter() - started
        answers = [service.ask(each) for each in asked]
    first = [each.trace.first_token_ms for each in answers if each.trace.first_token_ms is not None]
    whole = [each.trace.total_ms for each in answers if not each.abstained]
    declined = [each.trace.total_ms for each in answers if each.abstained]
    row: Row = {"engine": engine, "weights": "Q4_K_M" if engine == "llama.cpp" else dtype, "ready s": ready}
    for name, values in (("first word", first), ("answer", whole), ("decline", declined)):
        row[f"{name} p50 s"] = percentiles(values)[0] / 1000 if values else ""
    row["answered"] = f"{len(whole)} of {len(answers)}"
    row["peak MiB"] = _peak_mib()
    return row


def _peak_mib() -> float:
    """The most that the process held at any time, of its own and of files that it mapped."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        return float(psutil.Process().memory_info().rss) / 2**20  # at the end, where the peak isn't told


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kb", type=Path, default=Path(".wenju"))
    parser.add_argument("--questions", type=int, default=8)
    parser.add_argument("--plain-cpu", action="store_true", help="as on a CPU without AVX-512 and bfloat16")
    parser.add_argument("--engines", nargs="+", metavar="ENGINE", help="only these")
    options = parser.parse_args()
    if options.plain_cpu:
        os.environ |= VARIABLES  # the processes that measure take it over
    rows = [
        run_apart(measure, engine, dtype, options.kb, options.questions, options.plain_cpu)
        for engine, dtype in WAYS
        if (not options.engines or engine in options.engines)
        and not (options.plain_cpu and dtype == "bfloat16")
    ]
    print(markdown_table(rows))


if __name__ == "__main__":
    main()
