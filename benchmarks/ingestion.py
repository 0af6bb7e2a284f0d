"""What bringing a folder into a knowledge base costs: speed, small changes, memory.

    python -m benchmarks.ingestion --json FILE
    python -m benchmarks.ingestion --parts embedder unchanged

Parts: ``embedder``, the whole of ``ingest_folder`` with the default embedder, in turn with nothing but
``SentenceTransformer.encode`` (float32, batches of 32) on the same texts; ``peers``, the same folder in other
programs, where they are installed; ``unchanged``, ``python -m ingest`` once more on many unchanged files;
``one-document``, a document more in a large knowledge base that is open; ``memory``, the peak of an ingest of
a small and of a large folder, without reading processes. Documents are made up, and so are the vectors of the
last three parts. Other programs embed in float32 too.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.ingestion_embedders import MadeUpVectors, RememberingEmbeddings
from benchmarks.ingestion_peers import PEERS
from benchmarks.measuring import Row, markdown_table, run_apart
from benchmarks.synthetic_documents import write_folder, write_notes
from ingest.pipeline import ingest_folder
from rag.build import build_embeddings
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.models.weights import resolve_model
from rag.settings import Settings, load_settings

_PASSAGES_OF_A_DOCUMENT = 15  # about; for choosing how many documents to make
_ROUNDS = 3
_FILES = 20_000


def measure_speed(scratch: Path, passages: int, settings: Settings, with_peers: bool) -> list[Row]:
    """``ingest_folder``, the bare embedder on the same texts and, if wanted, other programs, in turn."""
    from sentence_transformers import SentenceTransformer

    folder = scratch / "documents"
    files = write_folder(folder, max(8, passages // _PASSAGES_OF_A_DOCUMENT))
    embeddings = build_embeddings(settings)
    embeddings.embed_query("warm up")
    options: dict[str, Any] = {"dtype": "float32"}
    plain = SentenceTransformer(
        str(resolve_model(settings.embedder.model)), device="cpu", local_files_only=True, model_kwargs=options
    )
    plain.encode(["warm up"], show_progress_bar=False)
    texts: list[str] = []

    def ingest() -> tuple[int, int]:
        remembering = RememberingEmbeddings(embeddings)
        path = Path(tempfile.mkdtemp(dir=scratch))
        with KnowledgeBase.create(path / "kb", embeddings.fingerprint) as kb:
            ingest_folder(folder, kb, remembering)
        texts[:] = remembering.texts
        return len(texts), sum(map(len, texts))

    def encode() -> tuple[int, int]:
        plain.encode([f"passage: {text}" for text in texts], show_progress_bar=False)
        return len(texts), sum(map(len, texts))

    programs: dict[str, Callable[[], tuple[int, int]]] = {
        "ingest_folder, whole": ingest,
        "SentenceTransformer.encode alone, float32": encode,
    }
    for name, peer in PEERS.items() if with_peers else ():
        programs[name] = lambda peer=peer: peer(folder, plain)  # type: ignore[misc]
    made: dict[str, tuple[int, int]] = {}
    seconds: dict[str, list[float]] = {}
    for _ in range(_ROUNDS):
        for name, program in list(programs.items()):
            start = time.perf_counter()
            try:
                made[name] = program()
            except ImportError as error:
                print(f"{name} isn't measured: {error}", file=sys.stderr)
                del programs[name]
                continue
            seconds.setdefault(name, []).append(time.perf_counter() - start)
    best = {name: median(each) for name, each in seconds.items()}
    slowest = best["SentenceTransformer.encode alone, float32"]
    return [
        {
            "program": name,
            "files a second": files / best[name],
            "passages": made[name][0],
            "passages a second": made[name][0] / best[name],
            "characters a second": made[name][1] / best[name],
            "median s": best[name],
            "fastest s": min(seconds[name]),
            "slowest s": max(seconds[name]),
            "times encode": slowest / best[name],
        }
        for name in seconds
    ]


def measure_unchanged(scratch: Path, files: int) -> list[Row]:
    """The command line in a fresh process on a folder that it knows."""
    folder, path = scratch / "notes", scratch / "notes.wenju"
    write_notes(folder, files)
    run_apart(_fill, folder, path)
    command = [sys.executable, "-m", "ingest", str(folder), "--kb", str(path), "--json"]
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        seconds.append(time.perf_counter() - start)
        if report["unchanged"] != files:
            raise SystemExit(f"not all of the {files} files are unchanged")
    return [{"unchanged files": files, "median s": median(seconds), "worst s": max(seconds), "limit s": 5}]


def measure_one_document(scratch: Path, passages: int) -> list[Row]:
    """One file more in a folder that is known, through the whole of ``ingest_folder``."""
    return [run_apart(_add_documents, scratch / "large", scratch / "large.wenju", passages)]


def measure_memory(scratch: Path, sizes: tuple[int, int]) -> list[Row]:
    """Peaks of an ingest of a small and of a large folder, each in a fresh process."""
    rows = []
    for size in sizes:
        folder = scratch / f"of-{size}"
        write_folder(folder, size // _PASSAGES_OF_A_DOCUMENT)
        rows.append(run_apart(_fill, folder, scratch / f"of-{size}.wenju"))
    small, large = (float(row["peak MiB"]) for row in rows)
    rows[-1]["more MiB"] = large - small
    rows[0]["more MiB"] = 0.0
    return rows


def _fill(folder: Path, path: Path) -> Row:
    fingerprint = build_embeddings(load_settings()).fingerprint
    start = time.perf_counter()
    with KnowledgeBase.create(path, fingerprint) as kb:
        report = ingest_folder(folder, kb, MadeUpVectors(fingerprint.dimension))
    return {
        "files": report.files,
        "passages": report.passages,
        "s": time.perf_counter() - start,
        "peak MiB": _peak_mib(),
    }


def _add_documents(folder: Path, path: Path, passages: int) -> Row:
    write_folder(folder, passages // _PASSAGES_OF_A_DOCUMENT)
    _fill(folder, path)
    fingerprint = build_embeddings(load_settings()).fingerprint
    vectors = MadeUpVectors(fingerprint.dimension)
    seconds = []
    with KnowledgeBase.open(path, fingerprint=fingerprint) as kb:
        with kb.view(EVERYTHING).snapshot() as snapshot:
            snapshot.search_lexical("warm up", 10)
        for number in range(5):
            (folder / f"new-{number}.md").write_text(
                f"# New {number}\n\nThe valve {number} is new.\n", "utf-8"
            )
            start = time.perf_counter()
            report = ingest_folder(folder, kb, vectors)
            seconds.append(time.perf_counter() - start)
            if report.added != 1:
                raise SystemExit("the new document wasn't added")
        with kb.view(EVERYTHING).contents() as contents:
            count = contents.passage_count()
        row: Row = {"passages": count, "median s": median(seconds)}
    return row | {"worst s": max(seconds), "limit s": 2}


def _peak_mib() -> float:
    """The most memory this process has had, without its reading processes.

    On Linux not ``ru_maxrss``, which in a child process starts with what its parent had.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measure the parts and print their tables."""
    names = ("embedder", "peers", "unchanged", "one-document", "memory")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ingestion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parts", nargs="+", choices=names, default=list(names))
    parser.add_argument("--passages", type=int, default=400, help="of the folder for embedder and peers")
    parser.add_argument("--config", type=Path, help="settings (rag.toml), for the format of the embedder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here too")
    arguments = parser.parse_args()
    results: dict[str, Any] = {"cpus": os.cpu_count(), "load_average_before": os.getloadavg()}
    with tempfile.TemporaryDirectory(prefix="ingestion-") as temporary:
        scratch = Path(temporary)
        measures: dict[str, Callable[[], list[Row]]] = {
            "unchanged": lambda: measure_unchanged(scratch, _FILES),
            "one-document": lambda: measure_one_document(scratch, 100_000),
            "memory": lambda: measure_memory(scratch, (5_000, 50_000)),
        }
        if {"embedder", "peers"} & set(arguments.parts):
            results["speed"] = measure_speed(
                scratch, arguments.passages, load_settings(arguments.config), "peers" in arguments.parts
            )
            print(f"\n## speed\n\n{markdown_table(results['speed'])}", flush=True)
        for name in (each for each in names if each in measures and each in arguments.parts):
            results[name] = measures[name]()
            print(f"\n## {name}\n\n{markdown_table(results[name])}", flush=True)
    results["load_average_after"] = os.getloadavg()
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
