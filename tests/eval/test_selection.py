"""What is asked of what: pools, samples, removals."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.datasets import read_sets
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet
from eval.datasets.splits import for_training, split_halves
from eval.selection import Selection
from rag.errors import EvalError


def make_set(name: str, count: int = 20, unanswerable: int = 10) -> EvalSet:
    documents = tuple(
        EvalDocument(f"{name}/{n}", "", f"{name} {n * 7919} is a text of its own {n * n}.", "en")
        for n in range(count)
    )
    questions = [
        EvalQuestion(f"{name}-{n}", f"question {n}", "en", ("x",), relevant={f"{name}/{n}": 1})
        for n in range(count)
    ]
    questions += [
        EvalQuestion(f"{name}-no-{n}", f"no {n}", "en", answerable=False) for n in range(unanswerable)
    ]
    return EvalSet(name, documents, tuple(questions))


def test_a_sample_keeps_the_share_of_questions_that_cannot_be_answered() -> None:
    selection = Selection([make_set("a")], sample=12, seed=3)
    (corpus,) = selection.corpora(unanswerable=True)
    assert Counter(each.answerable for each in corpus.sets[0].questions) == {True: 8, False: 4}
    again = Selection([make_set("a")], sample=12, seed=3).corpora(unanswerable=True)[0]
    other = Selection([make_set("a")], sample=12, seed=4).corpora(unanswerable=True)[0]
    assert again.sets == corpus.sets != other.sets
    (judged,) = selection.corpora(unanswerable=False)
    assert len(judged.sets[0].questions) == 12
    assert all(each.answerable for each in judged.sets[0].questions)


def test_sets_beside_are_in_the_pool_but_not_asked() -> None:
    selection = Selection([make_set("a")], pooled=True, beside=[make_set("b"), make_set("a")])
    (corpus,) = selection.corpora(unanswerable=True)
    assert [each.name for each in corpus.sets] == ["a"]
    assert corpus.pool is not None and len(corpus.pool.documents) == 40
    with pytest.raises(EvalError, match="add --pool"):
        Selection([make_set("a")], beside=[make_set("b")]).corpora(unanswerable=True)


def test_removed_documents_make_questions_unanswerable_in_their_own_set_only() -> None:
    first, second = make_set("a", unanswerable=0), make_set("b", unanswerable=0)
    pair = tuple((f"a/{n}", f"b/{n}") for n in range(20))  # b is a's text in another language
    sets = [EvalSet(each.name, each.documents, each.questions, pair) for each in (first, second)]
    (corpus,) = Selection(sets, pooled=True, removed=["a"]).corpora(unanswerable=True)
    assert corpus.pool is not None and len(corpus.pool.documents) == 20
    a, b = corpus.sets
    assert Counter(each.answerable for each in a.questions) == {True: 10, False: 10}
    assert Counter(each.answerable for each in b.questions) == {True: 10}
    both = Selection(sets, pooled=True, removed=["a", "b"]).corpora(unanswerable=True)[0]
    assert both.pool is not None and len(both.pool.documents) == 20  # not cut a second time
    assert Counter(each.answerable for each in both.sets[1].questions) == {True: 10, False: 10}


def test_halves_share_no_question_and_ask_of_all_documents() -> None:
    sets = [make_set("a", unanswerable=4)]
    asked = {}
    for half in ("fit", "report"):
        (corpus,) = Selection(sets, half=half).corpora(unanswerable=True)
        assert corpus.pool is not None and len(corpus.pool.documents) == 20
        asked[half] = {each.id for each in corpus.sets[0].questions}
    assert asked["fit"] == {*(f"a-{n}" for n in range(10)), "a-no-0", "a-no-1"}
    assert not asked["fit"] & asked["report"] and len(asked["fit"] | asked["report"]) == 24


def test_of_the_fit_half_those_are_kept_that_nothing_is_trained_on() -> None:
    sets = [make_set("a", count=80, unanswerable=0)]
    trained = for_training(split_halves(sets))["a"]
    asked = {}
    for half in ("fit", "kept"):
        (corpus,) = Selection(sets, half=half).corpora(unanswerable=True)
        asked[half] = {each.id for each in corpus.sets[0].questions}
    assert asked["kept"] == asked["fit"] - trained
    assert asked["kept"] and trained


def test_questions_about_files_say_themselves_which_half_they_are_in(tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    lines = [f'{{"id": "{n}", "text": "x", "split": "{half}"}}' for n, half in enumerate(("fit", "report"))]
    questions.write_text("\n".join(lines))
    (corpus,) = Selection(read_sets(questions, folder=tmp_path), half="report").corpora(unanswerable=True)
    assert [each.id for each in corpus.sets[0].questions] == ["1"]
    (corpus,) = Selection(read_sets(questions, folder=tmp_path), half="kept").corpora(unanswerable=True)
    assert [each.id for each in corpus.sets[0].questions] == ["0"]  # nothing is trained on files
    questions.write_text('{"id": "1", "text": "x"}')
    with pytest.raises(EvalError, match='no question of q has "split": "report"'):
        Selection(read_sets(questions, folder=tmp_path), half="report").corpora(unanswerable=True)


def test_set_of_which_nothing_is_asked_is_named(caplog: pytest.LogCaptureFixture) -> None:
    Selection([make_set("a", count=0, unanswerable=3)]).corpora(unanswerable=False)
    assert "no question of a is asked" in caplog.text


def test_a_set_loses_half_though_another_ones_cut_took_a_copy_of_its() -> None:
    first, second = make_set("a", unanswerable=0), make_set("b", unanswerable=0)
    pair = (("a/0", "b/0"), ("a/1", "b/1"), ("a/2", "b/2"))
    sets = [EvalSet(each.name, each.documents, each.questions, pair) for each in (first, second)]
    for seed in range(4):
        (corpus,) = Selection(sets, pooled=True, removed=["a", "b"], seed=seed).corpora(unanswerable=True)
        for each in corpus.sets:
            assert sum(not question.answerable for question in each.questions) >= 10
    with pytest.raises(EvalError, match="no set of texts c"):
        Selection(sets, pooled=True, removed=["c"]).corpora(unanswerable=True)


def test_fingerprints_change_with_questions_and_documents() -> None:
    one = Selection([make_set("a")]).corpora(unanswerable=True)[0].fingerprints()
    assert one == Selection([make_set("a")]).corpora(unanswerable=True)[0].fingerprints()
    assert one != Selection([make_set("a")], sample=5).corpora(unanswerable=True)[0].fingerprints()
    assert one != Selection([make_set("a", count=21)]).corpora(unanswerable=True)[0].fingerprints()


def test_questions_about_files_cannot_be_pooled(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.md").write_text("text")
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "1", "text": "What?", "answers": ["text"], "sources": ["a.md"]}\n')
    sets = read_sets(questions, folder=tmp_path / "files")
    (corpus,) = Selection(sets).corpora(unanswerable=True)
    assert corpus.folder == tmp_path / "files" and corpus.has_files
    with pytest.raises(EvalError, match="can't be pooled"):
        Selection(sets, pooled=True).corpora(unanswerable=True)


Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_a_set_is_read_by_what_it_is(write: Write, tmp_path: Path) -> None:
    csv = write("faq.csv", "question,answer\nHow long?,Two days\n")
    faq = write("faq.jsonl", '{"question": "How long?", "answer": "Two days"}\n')
    squad = write(
        "s.json",
        '{"data": [{"title": "", "paragraphs": [{"context": "Two days.", "qas": [{"id": "1", '
        '"question": "How long?", "answers": [{"text": "Two days", "answer_start": 0}]}]}]}]}',
    )
    for path in (csv, faq, squad):
        (found,) = read_sets(path)
        assert len(found.documents) == 1 and found.questions[0].gold
    about = write("q.jsonl", '{"id": "1", "text": "How?", "answers": ["x"], "sources": ["gone.md"]}\n')
    (on_kb,) = read_sets(about, knowledge_base=tmp_path / "kb")
    assert on_kb.knowledge_base == tmp_path / "kb" and on_kb.questions[0].gold == {"gone.md"}
    with pytest.raises(EvalError, match="--folder or --kb"):
        read_sets(about)
    with pytest.raises(EvalError, match=r"has no corpus\.jsonl"):
        read_sets(tmp_path)
    with pytest.raises(EvalError, match="there is no set"):
        read_sets(tmp_path / "none")
    with pytest.raises(EvalError, match="neither"):
        read_sets(write("q.txt", "x"))
