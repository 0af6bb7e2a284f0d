from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.datasets import read_beir
from rag.answer import Turn
from rag.errors import EvalError

Q = {"id": "q", "text": "When?", "lang": "en"}


def test_a_set_and_its_cross_language_sets_are_read(bilingual: tuple[Path, Path]) -> None:
    own, crossing = read_beir(bilingual[1])
    assert [document.id for document in own.documents] == ["x_en/e0", "x_en/e1"]
    assert {document.lang for document in own.documents} == {"en"}
    assert own.questions[0].gold == {"x_en/e0"}
    assert crossing.name == "x_en@from_zh"
    assert crossing.documents == own.documents
    assert [(each.id, each.lang, set(each.gold)) for each in crossing.questions] == [
        ("zq0", "zh", {"x_en/e0"}),
        ("zq1", "zh", {"x_en/e1"}),
    ]
    assert crossing.questions[0].answers == ("六个月",)
    assert own.parallel == crossing.parallel == (("x_en/e0", "x_zh/z0"), ("x_en/e1", "x_zh/z1"))


def test_a_question_with_several_golds_ties_no_documents(write_set: Callable[..., Path]) -> None:
    asked = [{"id": name, "text": "?", "lang": "zh"} for name in ("one", "two", "graded")]
    crossing = [("one", "d", 1), ("two", "d", 1), ("two", "e", 1), ("graded", "e", 1)]
    folder = write_set("s", {"d": "x", "e": "y"}, [Q], qrels=[("q", "d", 1)], qrels_from_zh=crossing)
    own = [("one", "1", 1), ("one", "2", 1), ("two", "1", 1), ("graded", "2", 1), ("graded", "3", 0)]
    write_set("t", {"1": "a", "2": "b", "3": "c"}, asked, qrels=own)
    assert read_beir(folder)[0].parallel == (("s/e", "t/2"),)


def test_questions_of_further_judgements_may_lie_in_the_folder(write_set: Callable[..., Path]) -> None:
    folder = write_set("s", {"d": "x"}, [Q], qrels=[("q", "d", 1)], qrels_hard=[("h", "d", 1)])
    with pytest.raises(EvalError, match=r"has the questions of qrels_hard\.tsv; add queries_hard\.jsonl"):
        read_beir(folder)
    (folder / "queries_hard.jsonl").write_text('{"_id": "h", "text": "何时？"}\n', encoding="utf-8")
    hard = read_beir(folder)[1]
    assert (hard.name, hard.questions[0].id, hard.questions[0].lang) == ("s@hard", "h", "zh")
    assert hard.parallel == ()


def test_every_field_of_a_question_is_read(write_set: Callable[..., Path]) -> None:
    record = {
        "id": 7, "text": "And then?", "lang": "en", "answers": [], "answerable": False, "type": "near",
        "split": "dev", "near_doc": "d", "history": [{"role": "user", "content": "First?"}],
    }  # fmt: skip
    question = read_beir(write_set("s", {"d": "x"}, [record], qrels=[]))[0].questions[0]
    assert (question.id, question.kind, question.split) == ("7", "near", "dev")
    assert (question.answerable, question.gold, question.near_document) == (False, frozenset(), "s/d")
    assert question.history == (Turn("user", "First?"),)


def test_graded_and_negative_judgements_keep_their_gain(write_set: Callable[..., Path]) -> None:
    folder = write_set("s", {"a": "x", "b": "y", "c": "z"}, [Q], qrels=[("q", "a", 2), ("q", "b", 0)])
    question = read_beir(folder)[0].questions[0]
    assert question.relevant == {"s/a": 2, "s/b": 0}
    assert question.gold == {"s/a"}


@pytest.mark.parametrize(
    ("questions", "qrels", "message"),
    [
        ([Q, Q], [], r"queries\.jsonl, line 2: the id q was there before"),
        ([{"id": "q"}], [], r'queries\.jsonl, line 1 has no "text"'),
        ([{**Q, "text": " "}], [], "line 1 is a question without words"),
        ([{**Q, "answerable": "false"}], [], '"answerable" is neither true nor false'),
        ([{**Q, "answers": "no"}], [], '"answers" is not a list'),
        ([{**Q, "answers": ["no"], "answerable": False}], [], 'has "answers" although'),
        ([{**Q, "page": 0}], [], '"page" is not a number from 1 on'),
        ([{**Q, "near_doc": "e"}], [], "near document s/e"),
        ([{**Q, "history": [{"role": "system"}]}], [], '"history" needs "role"'),
        (["q"], [], "line 1 isn't an object but str"),
        ([Q], [("q", "d", 1), ("q", "d", 0)], r"qrels\.tsv, line 3 judges d for q a second time"),
        ([Q], [("q", "d", 0.5)], r"qrels\.tsv, line 2 isn't query-id"),
        ([Q], [("q", "e", 1)], r"qrels\.tsv judges s/e for q, which corpus\.jsonl doesn't have"),
        ([Q], [("p", "d", 1)], r"qrels\.tsv judges p, which queries\.jsonl doesn't have"),
        ([{**Q, "answerable": False}], [("q", "d", 1)], "can't be answered but has a relevant document"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    write_set: Callable[..., Path], questions: list[object], qrels: list[object], message: str
) -> None:
    with pytest.raises(EvalError, match=message):
        read_beir(write_set("s", {"d": "x"}, questions, qrels=qrels))


def test_missing_files_and_broken_lines_are_named(write_set: Callable[..., Path]) -> None:
    folder = write_set("s", {"d": "x"}, [Q])
    with pytest.raises(EvalError, match=r"can't read .*qrels\.tsv: No such file"):
        read_beir(folder)
    (folder / "qrels.tsv").write_bytes(b"q\td\t1\n\xff")
    with pytest.raises(EvalError, match=r"isn't UTF-8 \(.* at byte 6\)"):
        read_beir(folder)
    (folder / "queries.jsonl").write_text('{"id": "q",\n', encoding="utf-8")
    with pytest.raises(EvalError, match=r"queries\.jsonl, line 1 isn't JSON"):
        read_beir(folder)


def test_a_line_separator_inside_a_text_ends_no_line(write_set: Callable[..., Path]) -> None:
    folder = write_set("s", {"d": "a\u2028b\x85c"}, [Q], qrels=[("q", "d", 1)])
    assert read_beir(folder)[0].documents[0].text == "a\u2028b\x85c"


def test_the_fingerprint_changes_with_whatever_is_measured(bilingual: tuple[Path, Path]) -> None:
    first = read_beir(bilingual[0])[0]
    assert first.fingerprint == read_beir(bilingual[0])[0].fingerprint
    question = replace(first.questions[0], relevant={"x_zh/z1": 1})
    others = [
        replace(first, documents=first.documents[::-1]),
        replace(first, questions=(question, *first.questions[1:])),
        replace(first, questions=first.questions[:1]),
        replace(first, parallel=()),
    ]
    assert len({each.fingerprint for each in [first, *others]}) == 5
