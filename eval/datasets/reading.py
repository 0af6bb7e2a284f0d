"""A set by its path, whatever its form."""

import json
from pathlib import Path

from eval.datasets.beir import read_beir
from eval.datasets.faq import read_faq
from eval.datasets.folder import read_folder, read_on_knowledge_base
from eval.datasets.lines import read_text
from eval.datasets.records import EvalSet
from eval.datasets.squad import read_squad
from rag.errors import EvalError


def read_sets(path: Path, *, folder: Path | None = None, knowledge_base: Path | None = None) -> list[EvalSet]:
    """The sets at a path: a folder in BEIR's form (with its cross-language sets), else one file.

    ``.json`` is SQuAD's form, ``.csv`` a benchmark as `read_faq` has it; a line of ``.jsonl`` is an entry of
    such a benchmark if it has a "question", and one of `read_folder`'s questions if it has a "text".

    Args:
        path: the set.
        folder: the files that the questions are about.
        knowledge_base: or the knowledge base that holds these files.

    Raises:
        EvalError: there is no such set, it isn't of a known form, or a line of it is wrong.
    """
    if path.is_dir():
        if not (path / "corpus.jsonl").is_file():
            raise EvalError(f"{path} isn't a set: it has no corpus.jsonl; name such a folder, or a file")
        return read_beir(path)
    if not path.is_file():
        raise EvalError(f"there is no set {path}; correct --sets")
    kind = path.suffix.lower()
    if kind == ".json":
        return [read_squad(path)]
    if kind == ".csv" or (kind == ".jsonl" and "question" in _first_object(path)):
        return [read_faq(path, folder=folder, knowledge_base=knowledge_base)]
    if kind != ".jsonl":
        raise EvalError(f"{path} is neither .jsonl, .json nor .csv; docs/evaluation.md has the forms of sets")
    if knowledge_base is not None:
        return [read_on_knowledge_base(knowledge_base, path)]
    if folder is None:
        raise EvalError(f"{path} has questions about files; name their folder with --folder or --kb")
    return [read_folder(folder, path)]


def _first_object(file: Path) -> dict[str, object]:
    line = next((each for each in read_text(file).split("\n") if each.strip()), "{}")
    try:
        record = json.loads(line)
    except ValueError:
        return {}  # its reader will say where
    return record if isinstance(record, dict) else {}
