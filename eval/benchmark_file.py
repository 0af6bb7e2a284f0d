"""A file of benchmark questions that grows by the questions people save: JSONL that ``python -m eval`` reads.

A line is ``{"id", "text", "lang", "answers", "sources", "answerable", "kind", "history"?}``.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from rag.answer import Turn
from rag.errors import BenchmarkFileError
from rag.files import sync_folder, write_atomically
from rag.text.language import language_of

_LOCK_SECONDS = 10.0
_ELSEWHERE = "name another file as benchmark_file in the section [ui] of rag.toml"
# What a line says of its answer's place, and no longer holds when people have corrected the line.
_PLACES = ("page", "near_doc", "passage", "span", "type")


@dataclass(frozen=True, slots=True)
class BenchmarkQuestion:
    """A question and what is right: an answer that contains one of ``answers``, from one of ``sources``.

    A question that the documents can't answer has neither. ``history`` is what was said before it.
    """

    text: str
    answerable: bool = True
    answers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kind: str = ""
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a question, its line in the file (1-based), and what stands there now."""

    outcome: Literal["added", "replaced", "unchanged", "there already"]
    file: Path
    line: int
    question: BenchmarkQuestion


def save_question(file: Path, question: BenchmarkQuestion, *, overwrite: bool = False) -> Saved:
    """Add a question to a file, which is made if there is none.

    A question is there already if its words are and, where it leans on a conversation, what was asked before;
    it is then left as it is, or replaced with ``overwrite``. Other processes that save at the same time wait
    for one another. When this returns, the line is on the disk; when it raises, the file is as it was.

    Raises:
        BenchmarkFileError: the question has no words or no gold data, or holds what isn't text; the file
            isn't one of benchmark questions or can't be written.
    """
    question = _checked(question)
    if file.suffix.lower() != ".jsonl":
        raise BenchmarkFileError(f"{file} can't take questions: its name doesn't end in .jsonl; {_ELSEWHERE}")
    file = file.resolve()  # a link stays one when the file is replaced, and has the lock of what it links to
    with _explained(file), _locked(file):
        lines = _read(file)
        key = _key(question)
        same = (each for each in _records(file, lines) if _key(_question_of(each[1])) == key)
        found = next(same, None)
        if found is None:
            taken = {str(record.get("id")) for _, record in _records(file, lines)}
            unfinished = bool(lines[-1])  # what is there doesn't end with a line break
            _append(file, ("\n" if unfinished else "") + _line(_record(question, taken)) + "\n")
            return Saved("added", file, len(lines) + unfinished, question)
        index, record = found
        held = _question_of(record)
        if held == question:
            return Saved("unchanged", file, index + 1, held)
        if not overwrite:
            return Saved("there already", file, index + 1, held)
        kept = {key: value for key, value in record.items() if key not in _PLACES}
        new = _record(question, set())
        if kept.keys() & {"id", "_id"}:
            del new["id"]
        lines[index] = _line(kept | new)
        _rewrite(file, "\n".join(lines).encode("utf-8"))
        return Saved("replaced", file, index + 1, question)


def _checked(question: BenchmarkQuestion) -> BenchmarkQuestion:
    """The question without what is blank or double.

    Raises:
        BenchmarkFileError: as above.
    """
    texts = [
        question.text,
        *question.answers,
        *question.sources,
        *(turn.content for turn in question.history),
    ]
    for text in texts:
        wrong = next((each for each in text if "\ud800" <= each <= "\udfff"), None)
        if wrong is not None:
            raise BenchmarkFileError(
                f"the question can't be saved: {text[:40]!a} holds half a character "
                f"(U+{ord(wrong):04X}); delete that character"
            )
    if not question.text.strip():
        raise BenchmarkFileError("a question without words can't be saved; write it first")
    answers = _distinct(question.answers) if question.answerable else ()
    sources = _distinct(question.sources) if question.answerable else ()
    if question.answerable and not answers and not sources:
        raise BenchmarkFileError(
            "nothing is known to be right of this question; give a right answer or a source, or say that the "
            "documents can't answer it"
        )
    return replace(question, text=question.text.strip(), answers=answers, sources=sources)


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the file's lock, which lies beside it."""
    lock = FileLock(file.with_name(f".{file.name}.lock"))
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout as error:
        raise BenchmarkFileError(
            f"another program has been writing to {file} for {_LOCK_SECONDS:.0f} seconds; try again"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Errors of the operating system in words."""
    try:
        yield
    except OSError as error:
        raise BenchmarkFileError(
            f"can't write to {file}: {error.strerror}; see to its folder and the room on its "
            f"disk, or {_ELSEWHERE}"
        ) from error


def _read(file: Path) -> list[str]:
    """The file's lines; the last is "" if the file is empty or ends with a line break."""
    if not file.exists():
        return [""]
    if not file.is_file():
        raise BenchmarkFileError(f"{file} isn't a file; {_ELSEWHERE}")
    try:
        # Not splitlines: a text may hold other line separators, such as U+2028, unescaped.
        return file.read_bytes().decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise BenchmarkFileError(
            f"{file} isn't UTF-8 ({error.reason} at byte {error.start}); correct it, or {_ELSEWHERE}"
        ) from error


def _records(file: Path, lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each question with its line's index.

    Raises:
        BenchmarkFileError: a line isn't one.
    """
    for index, line in enumerate(lines):
        line = line.removeprefix("\ufeff") if not index else line
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise BenchmarkFileError(
                f"{file}, line {index + 1} isn't JSON, so nothing was added; correct or delete that line"
            ) from error
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise BenchmarkFileError(
                f'{file}, line {index + 1} isn\'t a question with a "text", so the file is of another form; '
                f"{_ELSEWHERE}"
            )
        yield index, record


def _key(question: BenchmarkQuestion) -> tuple[str, ...]:
    """What makes two questions the same: the words asked, and those asked before it."""
    asked = [turn.content for turn in question.history if turn.role == "user"]
    return tuple(" ".join(text.split()).casefold() for text in (*asked, question.text))


def _question_of(record: dict[str, Any]) -> BenchmarkQuestion:
    """What a line holds, as far as it is of the right kinds: its reader complains, not its writer."""

    def texts(key: str) -> tuple[str, ...]:
        found = record.get(key)
        return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()

    turns = record.get("history")
    history = tuple(
        Turn(turn["role"], str(turn.get("content", "")))
        for turn in (turns if isinstance(turns, list) else ())
        if isinstance(turn, dict) and turn.get("role") in ("user", "assistant")
    )
    return BenchmarkQuestion(
        str(record["text"]),
        record.get("answerable") is not False,
        texts("answers"),
        texts("sources"),
        str(record.get("kind") or ""),
        history,
    )


def _record(question: BenchmarkQuestion, taken: set[str]) -> dict[str, Any]:
    digest = sha256("\n".join(_key(question)).encode("utf-8")).hexdigest()
    record: dict[str, Any] = {
        "id": next(each for size in range(10, 65) if (each := f"saved-{digest[:size]}") not in taken),
        "text": question.text,
        "lang": language_of(question.text),
        "answers": list(question.answers),
        "sources": list(question.sources),
        "answerable": question.answerable,
        "kind": question.kind,
    }
    if question.history:
        record["history"] = [{"role": turn.role, "content": turn.content} for turn in question.history]
    return record


def _line(record: dict[str, Any]) -> str:
    line = json.dumps(record, ensure_ascii=False)
    # A replaced line may hold half a character as an escape, which is JSON, but can't be written as itself.
    return line if line.encode("utf-8", "ignore").decode("utf-8") == line else json.dumps(record)


def _append(file: Path, text: str) -> None:
    """Add the text to the file as a whole, or nothing of it."""
    content = text.encode()
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        try:
            written = 0
            while written < len(content):  # a disk that fills up takes a part first, then none
                written += os.write(descriptor, content[written:])
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    sync_folder(file.parent)


def _rewrite(file: Path, content: bytes) -> None:
    """Put other content into the file at once, for the same readers."""
    mode = file.stat().st_mode

    def write(new: Path) -> None:
        new.write_bytes(content)
        new.chmod(mode)

    write_atomically(file, write)
