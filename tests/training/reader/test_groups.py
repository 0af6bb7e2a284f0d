"""Groups: what answers is marked, what doesn't isn't, and near misses really miss."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from training.reader import groups as made_groups
from training.reader.groups import GroupMaker, Piece, read_groups, write_groups
from training.reader.near_misses import near_miss
from training.reader.prepare import Apart
from training.reader.sources import read_source


def test_spans_are_kept_through_a_file(training_set: Path, tmp_path: Path) -> None:
    groups = list(GroupMaker(read_source(training_set), seed=1).make(20))
    write_groups(tmp_path / "groups.jsonl", groups)
    assert read_groups(tmp_path / "groups.jsonl") == groups
    assert len(groups) >= 6
    for group in groups:
        relevant = [each for each in group.pieces if each.relevant]
        assert bool(relevant) == bool(group.kind)
        for piece in group.pieces:
            assert not piece.spans or piece.relevant
            assert all(piece.text[a:b].strip() for a, b in piece.spans)


def test_nothing_answers_where_the_right_passage_is_left_out(
    training_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_groups, "REMOVED", 1.0)
    for group in GroupMaker(read_source(training_set), seed=1).make(20):
        assert group.kind == "" and not any(each.relevant for each in group.pieces)
        assert not any("12 kg" in each.text for each in group.pieces if "P300" in group.question)


def test_traditional_characters_keep_their_places(
    training_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_groups, "TRADITIONAL", 1.0)
    monkeypatch.setattr(made_groups, "REMOVED", 0.0)
    monkeypatch.setattr(made_groups, "NEAR_MISSES", 0.0)
    chinese = [each for each in GroupMaker(read_source(training_set), seed=1).make(20) if each.lang == "zh"]
    (group,) = chinese
    assert group.question == "員工每年有幾天年假？"
    (piece,) = [each for each in group.pieces if each.relevant]
    assert [piece.text[a:b] for a, b in piece.spans] == ["十天"]


@pytest.mark.parametrize(
    ("question", "passage", "names", "kept"),
    [
        ("Who won in 1998?", "In 1998 the cup was won by Ann.", (), "Who won in "),
        ("What does the P300 weigh?", "The P300 weighs 12 kg.", (), "What does the P"),
        ("丢番图写了什么？", "丢番图写了算术。", ("丢番图", "毕达哥拉斯"), "写了什么？"),
        ("What was the first step?", "The first step was taken.", (), "What was the last step?"),
    ],
)
def test_a_near_miss_asks_what_the_passage_does_not_say(
    question: str, passage: str, names: tuple[str, ...], kept: str
) -> None:
    other = near_miss(question, passage, names, random.Random(0))
    assert other is not None and other != question and kept in other


def test_a_question_without_anything_to_exchange_has_no_near_miss() -> None:
    assert near_miss("Why is it blue?", "It is blue as the sky.", (), random.Random(0)) is None


def test_what_is_reported_on_is_kept_apart(training_set: Path, tmp_path: Path) -> None:
    groups = list(GroupMaker(read_source(training_set), seed=1).make(20))
    reported = tmp_path / "reported"
    reported.mkdir()
    text = groups[0].pieces[0].text + " It has a long second sentence, so that a run of its letters is long."
    (reported / "corpus.jsonl").write_text(f'{{"id": "d", "title": "", "text": "{text}"}}')
    (reported / "queries.jsonl").write_text('{"id": "q", "text": "Unlike any other?"}')
    (reported / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\td\t1\n")
    apart = Apart([reported])
    assert not any(Apart([]).shares(each) for each in groups)
    asked = replace(groups[0], question="unlike ANY other", pieces=())
    assert apart.shares(asked)
    part = Piece(
        "", "Something else. It has a long second sentence, so that a run of its letters is long. And", True
    )
    assert apart.shares(replace(groups[0], question="Another?", pieces=(part,)))
    other = Piece(
        "", "It has a long second sentence. Its letters say nothing that the others do, however long.", True
    )
    assert not apart.shares(replace(groups[0], question="Another?", pieces=(other,)))
