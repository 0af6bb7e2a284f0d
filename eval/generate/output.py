"""The file of questions, and beside it a file of tries, so that a stopped run goes on where it was."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from eval.datasets.lines import read_objects
from eval.generate.tries import Kind, Try
from rag.errors import EvalError


class Output:
    """``OUT`` holds a question a line; ``OUT.tries`` the plan on its first line, then a try a line.

    A question is written before its try, and both at once, so that whenever a run is stopped, at most the
    last question's try is missing.
    """

    def __init__(self, out: Path, plan: Mapping[str, Any]) -> None:
        """Start the files, or go on with those of the same plan.

        Raises:
            EvalError: the files belong to another plan or to something else, or can't be written.
        """
        self.questions = out
        self.tries = out.with_name(f"{out.name}.tries")
        self.earlier: list[Try] = []
        try:
            if self.tries.exists():
                _drop_cut_off_line(self.tries)
            if self.tries.exists() and self.tries.stat().st_size:
                self._go_on(plan)
            elif out.exists() and out.stat().st_size:
                raise EvalError(f"{out} is there already; name another file with --out")
            else:
                out.parent.mkdir(parents=True, exist_ok=True)
                out.touch()
                _append(self.tries, {"plan": dict(plan)})
        except OSError as error:
            raise _trouble(error) from error

    def add(self, made: Try) -> None:
        """Write a try, and its question if there is one.

        Raises:
            EvalError: a file can't be written.
        """
        try:
            if made.record is not None:
                _append(self.questions, made.record)
            _append(self.tries, asdict(made))
        except OSError as error:
            raise _trouble(error) from error

    def _go_on(self, plan: Mapping[str, Any]) -> None:
        (place, first), *lines = read_objects(self.tries)
        if first.get("plan") != json.loads(json.dumps(plan)):
            raise EvalError(
                f"{self.questions} was made with another plan, knowledge base or generator (see {place}); "
                "name another file with --out"
            )
        if not self.questions.exists():
            raise EvalError(
                f"{self.questions} is gone, but {self.tries} isn't; delete it too, and run this again"
            )
        _drop_cut_off_line(self.questions)
        try:
            self.earlier = [Try(**record) for _, record in lines]
        except TypeError as error:
            raise EvalError(
                f"{self.tries} isn't a file of tries: {error}; delete it and {self.questions}"
            ) from error
        known = {str(each.record["id"]) for each in self.earlier if each.record is not None}
        written = list(read_objects(self.questions))
        last = written[-1][1] if written else {}
        if last.get("kind") in get_args(Kind) and str(last.get("id")) not in known:
            # Its try wasn't written any more: it comes again, and would be there twice.
            _drop_last_line(self.questions)


def _append(file: Path, record: Mapping[str, Any]) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def _drop_cut_off_line(file: Path) -> None:
    content = file.read_bytes()
    if content and not content.endswith(b"\n"):
        file.write_bytes(content[: content.rfind(b"\n") + 1])


def _drop_last_line(file: Path) -> None:
    content = file.read_bytes().rstrip(b"\n")
    file.write_bytes(content[: content.rfind(b"\n") + 1])


def _trouble(error: OSError) -> EvalError:
    return EvalError(f"can't write {error.filename}: {error.strerror}; name another file with --out")
