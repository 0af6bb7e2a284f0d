"""What a reranker's scores are worth beside retrieval's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from training.reranker.cases import Listed
from training.reranker.train import is_held_out
from training.reranker.weights import Read, table_of, write_weight

LISTED = Listed(
    set_name="a",
    question="How often is the pump cleaned?",
    gold=("right",),
    documents=("wrong", "other", "right"),
    texts=("One.", "Two.", "三。"),
    foreign=(False, False, True),
    scores=(0.9, 0.8, 0.7),
)
READ = Read(LISTED, [0, 2, 1], np.array([0.0, np.nan, 1.0]))


def test_retrievals_order_holds_without_a_weight_and_for_what_is_not_read() -> None:
    assert READ.ndcg(0.0, 3) == READ.ndcg(5.0, 1) == pytest.approx(1 / np.log2(4))


def test_a_weight_moves_what_was_read_and_a_bonus_what_is_in_the_other_language() -> None:
    assert READ.ndcg(1.0, 2) == 1.0
    assert READ.ndcg(0.01, 2, foreign_bonus=0.5) == 1.0


def test_the_table_has_sets_in_one_language_and_across_apart() -> None:
    crossing = replace(READ, listed=replace(LISTED, set_name="a@from_zh"))
    lines = table_of([READ, crossing], [2]).splitlines()
    assert lines[2].startswith("| 2 | 0 | 0 | 0.500 | 0.500 |")


def test_one_document_is_held_out_in_both_languages_or_in_neither() -> None:
    names = [f"xquad_{{}}/xquad-{{}}-p{number:05}" for number in range(200)]
    held = [
        [is_held_out(Listed("a", "?", (name.format(lang, lang),), (), (), (), ())) for name in names]
        for lang in ("zh", "en")
    ]
    assert held[0] == held[1] and 5 < sum(held[0]) < 40


def test_weight_and_bonus_are_written_into_the_adapter(tmp_path: Path) -> None:
    file = tmp_path / "adapter.safetensors"
    save_file({"a": torch.ones(2)}, file, {"format": "1", "weight": "0.1"})
    write_weight(file, 0.7, 0.5)
    with safe_open(file, "pt") as opened:
        assert opened.metadata() == {"format": "1", "weight": "0.7", "foreign_bonus": "0.5"}
        assert opened.get_tensor("a").tolist() == [1.0, 1.0]
