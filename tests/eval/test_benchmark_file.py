"""The file that saved questions go into: nothing is lost, nothing is there twice, and eval reads it."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from eval import benchmark_file
from eval.benchmark_file import BenchmarkQuestion, save_question
from eval.datasets.folder import read_on_knowledge_base
from eval.datasets.reading import read_sets
from eval.datasets.records import EvalQuestion
from rag.answer import Turn
from rag.errors import BenchmarkFileError

ROOT = Path(__file__).parents[2]
QUESTION = BenchmarkQuestion("滤芯多久更换一次？", True, ("六个月",), ("手册/设备.pdf",), "single")
TEXT = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)


def read(file: Path) -> tuple[EvalQuestion, ...]:
    (found,) = read_sets(file, knowledge_base=file.parent)
    return found.questions


def test_saved_question_is_what_eval_reads(tmp_path: Path) -> None:
    file = tmp_path / "benchmark.jsonl"
    saved = save_question(file, QUESTION)
    assert (saved.outcome, saved.line, saved.file) == ("added", 1, file)
    history = (Turn("user", "滤芯是什么型号？"), Turn("assistant", "QQ-80"))
    follow_up = replace(QUESTION, text="多久换？", kind="follow-up", history=history)
    assert save_question(file, follow_up).line == 2
    declined = BenchmarkQuestion("Who chairs the board?", False, ("x",), ("y.md",), "unanswerable")
    assert save_question(file, declined).line == 3
    first, second, third = read(file)
    assert (first.text, first.lang, first.kind, first.answerable) == (QUESTION.text, "zh", "single", True)
    assert first.answers == QUESTION.answers and first.relevant == {"手册/设备.pdf": 1}
    assert second.history == history
    assert not third.answerable and third.answers == third.sources == ()
    assert len({each.id for each in (first, second, third)}) == 3


@given(st.lists(st.builds(BenchmarkQuestion, TEXT, st.booleans(), TEXTS, TEXTS, TEXT), max_size=4), TEXTS)
def test_any_text_comes_back_from_the_file(questions: list[BenchmarkQuestion], said: tuple[str, ...]) -> None:
    history = tuple(Turn("user", text) for text in said)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "b.jsonl"
        expected = {}
        for question in questions:
            question = replace(question, history=history, answers=("a", *question.answers))
            saved = save_question(file, question, overwrite=True)
            expected[saved.line] = question
        found = read(file) if expected else ()
        assert len(found) == len(expected)
        for line, question in expected.items():
            there = found[line - 1]
            assert (there.text, there.answerable) == (question.text.strip(), question.answerable)
            wanted = dict.fromkeys(text.strip() for text in question.answers)
            assert there.answers == (tuple(wanted) if question.answerable else ())
            assert there.kind == question.kind and there.history == history


def test_same_question_is_not_saved_twice_but_replaced_on_request(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    file.write_text(
        '{"id": "zh-01", "text": "滤芯多久更换一次？", "answers": ["一年"], "split": "fit", "page": 3}\n'
        '{"id": "zh-02", "text": "x", "answers": ["y"]}',  # no line break at the end
        encoding="utf-8",
    )
    again = replace(QUESTION, text=" 滤芯多久更换一次？\n")
    there = save_question(file, again)
    assert (there.outcome, there.line, there.question.answers) == ("there already", 1, ("一年",))
    assert len(read(file)) == 2
    assert save_question(file, again, overwrite=True).outcome == "replaced"
    first, second = read(file)
    assert (first.id, first.split, first.page, first.answers) == ("zh-01", "fit", None, ("六个月",))
    assert second.id == "zh-02"
    assert save_question(file, QUESTION).outcome == "unchanged"
    assert save_question(file, replace(QUESTION, text="z")).line == 3
    assert len(read(file)) == 3


def test_follow_up_after_another_conversation_is_another_question(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    for earlier in ("P200 多重？", "P300 多重？"):
        follow_up = replace(QUESTION, text="那多长？", history=(Turn("user", earlier),))
        assert save_question(file, follow_up).outcome == "added"
    assert len({each.id for each in read(file)}) == 2


@pytest.mark.processes
def test_threads_and_processes_that_save_at_once_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    program = (
        "import sys; from pathlib import Path\n"
        "from eval.benchmark_file import BenchmarkQuestion, save_question\n"
        "for each in range(20):\n"
        "    question = BenchmarkQuestion(f'{sys.argv[2]} {each}', True, ('長' * 9000,))\n"
        "    save_question(Path(sys.argv[1]), question)\n"
    )
    others = [subprocess.Popen([sys.executable, "-c", program, file, name], cwd=ROOT) for name in "ab"]
    with ThreadPoolExecutor(4) as pool:
        saved = list(
            pool.map(
                lambda each: save_question(file, replace(QUESTION, text=f"c {each % 20}")).outcome, range(40)
            )
        )
    assert [each.wait() for each in others] == [0, 0]
    assert sorted(saved) == ["added"] * 20 + ["unchanged"] * 20
    assert {each.text for each in read(file)} == {f"{name} {each}" for name in "abc" for each in range(20)}


def test_half_a_character_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFileError, match=r"half a character \(U\+D83D\); delete"):
        save_question(tmp_path / "b.jsonl", replace(QUESTION, answers=("ok \ud83d",)))
    assert not (tmp_path / "b.jsonl").exists()


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (replace(QUESTION, text=" \n"), "without words"),
        (BenchmarkQuestion("q?", True, (" ",)), "right answer"),
    ],
)
def test_question_that_measures_nothing_is_refused(
    tmp_path: Path, question: BenchmarkQuestion, part: str
) -> None:
    with pytest.raises(BenchmarkFileError, match=part):
        save_question(tmp_path / "b.jsonl", question)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b'{"id": "a", "text": "t"}\n{"id": "b", "te', "line 2 isn't JSON, so nothing was added"),
        (b'{"question": "q", "answer": "a"}\n', "of another form; name another file as benchmark_file"),
        (b"[1]\n", "line 1 isn't a question"),
        (b"\xff\xfe\n", "isn't UTF-8"),
    ],
)
def test_broken_file_is_named_and_left_as_it_is(tmp_path: Path, content: bytes, part: str) -> None:
    file = tmp_path / "b.jsonl"
    file.write_bytes(content)
    with pytest.raises(BenchmarkFileError, match=part) as raised:
        save_question(file, QUESTION)
    assert str(file) in str(raised.value)
    assert file.read_bytes() == content


def test_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    save_question(file, QUESTION)
    before = file.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))  # a part of the line fits
    try:
        for question in (replace(QUESTION, text="另一题"), replace(QUESTION, answers=("长" * 99,))):
            with pytest.raises(BenchmarkFileError, match="see to its folder and the room on its disk"):
                save_question(file, question, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == [".b.jsonl.lock", "b.jsonl"]


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BenchmarkFileError, match=r"can't write to .*b\.jsonl") as raised:
        save_question(tmp_path / "file" / "b.jsonl", QUESTION)
    assert "benchmark_file" in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_read_only_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BenchmarkFileError, match="Permission denied"):
        save_question(tmp_path / "b.jsonl", QUESTION)


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFileError, match=r"doesn't end in \.jsonl"):
        save_question(tmp_path / "b.csv", QUESTION)
    (tmp_path / "b.jsonl").mkdir()
    with pytest.raises(BenchmarkFileError, match="isn't a file"):
        save_question(tmp_path / "b.jsonl", QUESTION)


def test_lock_that_another_program_keeps_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_file, "_LOCK_SECONDS", 0.2)
    with (
        FileLock(tmp_path / ".b.jsonl.lock"),
        pytest.raises(BenchmarkFileError, match="another program has been writing"),
    ):
        save_question(tmp_path / "b.jsonl", QUESTION)


def test_link_stays_a_link_and_its_target_grows(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    link = tmp_path / "b.jsonl"
    link.symlink_to(tmp_path / "shared" / "real.jsonl")
    save_question(link, QUESTION)
    link.chmod(0o640)
    save_question(link, replace(QUESTION, answers=("半年",)), overwrite=True)
    assert link.is_symlink() and link.stat().st_mode & 0o777 == 0o640
    assert json.loads((tmp_path / "shared" / "real.jsonl").read_text(encoding="utf-8"))["answers"] == ["半年"]


def test_line_with_an_escaped_half_character_can_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    file.write_text('{"id": "a", "text": "滤芯多久更换一次？", "note": "\\ud83d"}\n', encoding="utf-8")
    assert save_question(file, QUESTION, overwrite=True).outcome == "replaced"
    (there,) = read_on_knowledge_base(tmp_path, file).questions
    assert there.answers == ("六个月",)
