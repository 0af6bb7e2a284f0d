"""A run's folder: what was asked of what, with which settings, data, models and versions."""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eval.measures.retrieval import Ranking
from rag.errors import EvalError

SCHEMA = 2
_CODE = ("rag", "ingest", "eval")
_NO_FIGURES = (
    "eval/commands",
    "eval/generate",
    "eval/report",
    "rag/commands",
)  # nothing of a run comes of these
_PACKAGES = (
    "faiss-cpu",
    "ir-measures",
    "langchain-core",
    "numpy",
    "sentence-transformers",
    "tantivy",
    "torch",
    "transformers",
    "wenju",
)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder that a run is written to, bit by bit, so that a stopped one goes on where it was.

    What is in it: docs/evaluation.md.
    """

    path: Path

    @classmethod
    def open(cls, path: Path, facts: Mapping[str, Any]) -> "RunFolder":
        """Start a run in a folder, or go on with it.

        Raises:
            EvalError: the folder holds another run, or can't be written to.
        """
        facts = {"schema": SCHEMA, **facts, "code": code_digest(), "versions": versions()}
        written = json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        file = path / "run.json"
        try:
            path.mkdir(parents=True, exist_ok=True)
            if file.exists() and file.read_text(encoding="utf-8") != written:
                raise EvalError(
                    f"{path} holds another run (other {_difference(file, facts)}); name another with --out"
                )
            file.write_text(written, encoding="utf-8")
        except OSError as error:
            raise EvalError(f"can't write the run folder {path}: {error.strerror}") from error
        return cls(path)

    def records(self, set_name: str, part: str, system: str) -> list[dict[str, Any]]:
        """The questions that were asked already; a last line that was cut off is dropped."""
        file = self._file(set_name, part, f"{system}.jsonl")
        if not file.exists():
            return []
        lines = file.read_bytes().split(b"\n")
        if lines[-1]:
            file.write_bytes(b"\n".join(lines[:-1]) + b"\n" if lines[:-1] else b"")
        return [json.loads(line) for line in lines[:-1] if line]

    def append(
        self, set_name: str, part: str, system: str, records: Iterable[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """Write each record as it comes, and pass it on. ``part`` is "retrieval", "answers", "robustness"."""
        file = self._file(set_name, part, f"{system}.jsonl")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            for record in records:
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                stream.flush()
                yield record

    def write_run(self, set_name: str, system: str, run: Mapping[str, Ranking]) -> None:
        """Write rankings in TREC's form; white space in ids is percent-encoded."""
        lines = [
            f"{_token(question)} Q0 {_token(document)} {rank} {score:.6f} {_token(system)}"
            for question, ranking in run.items()
            for rank, (document, score) in enumerate(ranking, start=1)
        ]
        self._write(set_name, f"{system}.run", lines)

    def write_qrels(self, set_name: str, qrels: Mapping[str, Mapping[str, int]]) -> None:
        """Write judgements in TREC's form."""
        lines = [
            f"{_token(question)} 0 {_token(document)} {gain}"
            for question, gains in qrels.items()
            for document, gain in gains.items()
        ]
        self._write(set_name, "qrels.txt", lines)

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write ``summary.json`` or ``timings.json``."""
        text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        (self.path / name).write_text(text, encoding="utf-8")

    def _write(self, set_name: str, name: str, lines: Iterable[str]) -> None:
        file = self._file(set_name, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def _file(self, set_name: str, *names: str) -> Path:
        return self.path.joinpath(folder_name(set_name), *names)


def folder_name(set_name: str) -> str:
    """The name of a set's folder in a run's; ``urllib.parse.unquote`` gives the set's name back."""
    return quote(set_name, safe="@-_.")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that figures may depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


@cache  # what this process runs, whatever is edited meanwhile
def code_digest() -> str:
    """The SHA-256 (hex) of the project's code that figures depend on."""
    digest = hashlib.sha256()
    top = Path(__file__).parents[2]
    for folder in _CODE:
        for file in sorted((top / folder).rglob("*.py")):
            if file.relative_to(top).as_posix().startswith(_NO_FIGURES):
                continue
            digest.update(f"{file.relative_to(top).as_posix()} {file.stat().st_size}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _difference(file: Path, facts: Mapping[str, Any]) -> str:
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return "facts"
    after = json.loads(json.dumps(facts))
    return ", ".join(sorted(key for key in before.keys() | after if before.get(key) != after.get(key)))


def _token(text: str) -> str:
    return quote(text, safe="/@-_.:+")
