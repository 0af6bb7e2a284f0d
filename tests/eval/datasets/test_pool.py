from collections.abc import Callable
from pathlib import Path

import pytest

from eval.datasets import EvalDocument, EvalQuestion, EvalSet, Pool, pool_sets, read_beir
from eval.datasets.pool import left_out, remove_gold, without_documents
from eval.datasets.splits import Halves, for_training, is_kept_from_training, split_halves
from rag.errors import EvalError


def documents(name: str, *texts: str) -> tuple[EvalDocument, ...]:
    return tuple(EvalDocument(f"{name}/{n}", "title", text, "en") for n, text in enumerate(texts))


def question(name: str, *gold: str, near: str | None = None) -> EvalQuestion:
    return EvalQuestion(
        name, name, "en", answerable=bool(gold), relevant=dict.fromkeys(gold, 1), near_document=near
    )


@pytest.fixture
def pool(bilingual: tuple[Path, Path]) -> Pool:
    return pool_sets([each for folder in bilingual for each in read_beir(folder)])


def test_identical_texts_become_one_with_the_judgements_of_both() -> None:
    a = EvalSet("a", documents("a", "same", "other"), (question("q", "a/0"),))
    b = EvalSet("b", documents("b", "new", "same"), (question("q", "b/1"), question("u", near="b/1")))
    pool = pool_sets([a, b])
    assert [each.id for each in pool.documents] == ["a/0", "a/1", "b/0"]
    assert {each.title for each in pool.documents} == {""}
    assert pool.merged == {"b/1": "a/0"}
    assert pool.sets[1].questions[0].relevant == {"a/0": 1}
    assert pool.sets[1].questions[1].near_document == "a/0"
    assert [each.id for each in pool.sets[1].documents] == ["b/0", "a/0"]
    assert {each.title for each in pool_sets([a], titles=True).documents} == {"title"}


def test_merging_two_documents_of_one_question_keeps_the_higher_gain() -> None:
    for gains in ({"a/0": 1, "a/1": 2}, {"a/0": 2, "a/1": 1}):
        asked = EvalQuestion("q", "q", "en", relevant=gains)
        pool = pool_sets([EvalSet("a", documents("a", "same", "same"), (asked,))])
        assert pool.sets[0].questions[0].relevant == {"a/0": 2}


def test_the_first_judged_questions_are_taken_and_unanswerable_ones_apart() -> None:
    questions = (
        EvalQuestion("unjudged", "?", "en"),
        question("u1"),
        question("u2"),
        question("q1", "a/0"),
        question("q2", "a/0"),
    )
    pool = pool_sets([EvalSet("a", documents("a", "x"), questions)], limit=1)
    assert [each.id for each in pool.sets[0].questions] == ["u1", "q1"]


def test_parallel_text_is_left_out_in_both_directions(pool: Pool) -> None:
    by_name = {each.name: each for each in pool.sets}
    assert left_out(by_name["x_zh"].questions[0], pool) == {"x_en/e0"}
    assert left_out(by_name["x_en@from_zh"].questions[0], pool) == {"x_zh/z0"}
    assert len(pool.documents) == 4  # a corpus counts once, however many sets ask it


def test_parallel_text_that_is_not_in_the_pool_is_no_parallel_text(bilingual: tuple[Path, Path]) -> None:
    assert pool_sets(read_beir(bilingual[0])).parallel == ()


def test_removing_gold_makes_questions_unanswerable_in_every_set(pool: Pool) -> None:
    rest = without_documents(pool, {"x_zh/z0", "x_en/e0"})
    assert [each.id for each in rest.documents] == ["x_zh/z1", "x_en/e1"]
    assert rest.parallel == (("x_en/e1", "x_zh/z1"),)
    for each in rest.sets:
        first, second = each.questions
        assert (first.answerable, first.answers, first.gold, first.kind) == (
            False,
            (),
            frozenset(),
            "removed",
        )
        assert second.answerable
    assert rest.fingerprint != pool.fingerprint


def test_parallel_text_goes_with_the_gold(pool: Pool) -> None:
    rest = remove_gold(pool, "x_zh", share=1)
    assert rest.documents == ()
    assert not any(each.answerable for eval_set in rest.sets for each in eval_set.questions)


def test_a_copy_of_parallel_text_goes_too() -> None:
    a = EvalSet("a", documents("a", "一"), (question("q", "a/0"),), parallel=(("a/0", "b/0"),))
    b = EvalSet("b", documents("b", LONG), ())
    c = EvalSet("c", documents("c", LONG + " Yes.", "other"), ())
    assert [each.id for each in remove_gold(pool_sets([a, b, c]), "a", share=1).documents] == ["c/1"]


def test_a_seeded_share_goes_with_its_parallel_text_and_its_copies() -> None:
    text = (
        "The quick brown fox jumps over the lazy dog, and the dog sleeps on as if nothing had happened. " * 3
    )
    a = EvalSet("a", documents("a", text, "short"), (question("q", "a/0"), question("q1", "a/1")))
    b = EvalSet("b", documents("b", text + " Indeed."), (question("q", "b/0"),))
    pool = pool_sets([a, b])
    everything = remove_gold(pool, "a", share=1)
    assert [each.id for each in everything.documents] == []
    assert not any(each.answerable for eval_set in everything.sets for each in eval_set.questions)
    half = [remove_gold(pool, "a", seed=seed) for seed in range(20)]
    assert {sum(each.answerable for each in one.sets[0].questions) for one in half} == {1}
    assert len({one.fingerprint for one in half}) == 2
    assert remove_gold(pool, "a", seed=3).fingerprint == half[3].fingerprint
    assert remove_gold(pool, "a", share=0).fingerprint == pool.fingerprint


def test_a_question_with_a_relevant_document_left_can_still_be_answered() -> None:
    asked = question("q", "a/0", "a/1")
    pool = without_documents(pool_sets([EvalSet("a", documents("a", "x", "y"), (asked,))]), {"a/0"})
    assert pool.sets[0].questions[0].relevant == {"a/1": 1}
    assert pool.sets[0].questions[0].answerable


def test_what_cannot_be_pooled_is_refused(write_set: Callable[..., Path], tmp_path: Path) -> None:
    a = EvalSet("a", documents("a", "x"), ())
    with pytest.raises(EvalError, match="is a folder of files"):
        pool_sets([EvalSet("f", (), (), folder=tmp_path)])
    with pytest.raises(EvalError, match="two sets to pool are named a"):
        pool_sets([a, a])
    with pytest.raises(EvalError, match="two different documents to pool have the id a/0"):
        pool_sets([a, EvalSet("b", documents("a", "y"), ())])
    with pytest.raises(EvalError, match="no set b in the pool; there are a"):
        remove_gold(pool_sets([a]), "b")
    with pytest.raises(EvalError, match="share between 0 and 1"):
        remove_gold(pool_sets([a]), "a", share=2)


LONG = (
    "In the year 1911 the city built a new bridge over the river, which carried trams until 1956, and cars."
)


def test_halves_follow_the_corpus_and_share_no_question() -> None:
    asked = (
        question("first", "a/0"),
        question("second", "a/2"),
        question("straddles", "a/1", "a/3"),
        question("near", near="a/3"),
        question("lone1"),
        question("lone2"),
    )
    halves = split_halves([EvalSet("a", documents("a", "w", "x", "y", "z"), asked)])
    assert [each.id for each in halves.fit[0].documents] == ["a/0", "a/1"]
    assert [each.id for each in halves.fit[0].questions] == ["first", "lone1"]
    assert [each.id for each in halves.report[0].questions] == ["second", "near", "lone2"]


def test_the_fit_half_drops_what_any_report_half_has() -> None:
    a = EvalSet(
        "a",
        documents("a", LONG, "parallel of a report text", "fit", "q", "r", "short note"),
        (question("copied", "a/0"), question("translated", "a/1"), question("kept", "a/2")),
        parallel=(("a/1", "b/2"),),
    )
    b = EvalSet("b", documents("b", "t", "short  note", "v", LONG.replace("cars", "CARS  ")), ())
    halves = split_halves([a, b])
    assert [each.id for each in halves.fit[0].questions] == ["kept"]
    assert [each.id for each in halves.fit[0].documents] == ["a/2"]
    assert [each.id for each in halves.fit[1].documents] == ["b/0"]
    assert [len(each.documents) for each in halves.report] == [3, 2]


def test_what_is_kept_from_training_is_kept_in_both_languages_and_wherever_its_text_is() -> None:
    names = [f"{number:03}" for number in range(200)]
    kept = [each for each in names if is_kept_from_training(f"a/zh-{each}")]
    assert 25 < len(kept) < 75
    assert kept == [each for each in names if is_kept_from_training(f"b/en-{each}")]
    trained = next(each for each in names if each not in kept)
    fit = (
        EvalSet(
            "a",
            (
                EvalDocument(f"a/{kept[0]}", "", "同一段", "zh"),
                EvalDocument(f"a/{trained}", "", "别的", "zh"),
            ),
            (
                EvalQuestion("kept", "?", "zh", relevant={f"a/{kept[0]}": 1}),
                EvalQuestion("trained", "?", "zh", relevant={f"a/{trained}": 1}),
                EvalQuestion("near", "?", "zh", answerable=False, near_document=f"a/{trained}"),
                EvalQuestion("lone", "?", "zh", answerable=False),
            ),
        ),
        EvalSet(
            "b",
            (EvalDocument(f"b/{trained}", "", "同一段", "zh"),),
            (EvalQuestion("copy", "?", "zh", relevant={f"b/{trained}": 1}),),
        ),
    )
    assert for_training(Halves(fit, fit)) == {"a": frozenset({"trained", "near"}), "b": frozenset()}
