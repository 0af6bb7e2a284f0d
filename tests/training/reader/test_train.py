"""Training on a small set: the losses say what is right, and a run that was stopped goes on as it was."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rag.models.reader.input import InputMaker
from rag.models.reader.network import KINDS
from rag.models.reader.saved import load_learned
from training.__main__ import main
from training.reader import train as train_module
from training.reader.batches import batches_of, collate, example_of
from training.reader.groups import Group, Piece, write_groups
from training.reader.loss import losses_of

TEXT = "The P300 weighs 12 kg. It is made in Berlin."
GROUP = Group(
    "tiny",
    "What does the P300 weigh?",
    "en",
    "span",
    "",
    (Piece("Pumps", TEXT, True, ((16, 21),), None), Piece("", "The S10 is made in Prague.", False)),
)


@pytest.fixture
def maker(tiny_embedder_folder: Path) -> InputMaker:
    from tokenizers import Tokenizer

    return InputMaker(Tokenizer.from_file(str(tiny_embedder_folder / "tokenizer.json")))


def scores_of(batch: dict[str, torch.Tensor], *, right: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """The scores of a network that knows the labels, or their opposite."""
    sign = 8.0 if right else -8.0
    names = ("starts", "ends", "inside", "evidence")
    tokens = torch.stack([(batch[name] * 2 - 1) * sign for name in names], -1)
    passages = torch.zeros(len(batch["relevant"]), 1 + len(KINDS))
    passages[:, 0] = (batch["relevant"] * 2 - 1) * sign
    for row, kind in enumerate(batch["kind"].tolist()):
        if kind >= 0:
            passages[row, 1 + kind] = sign
    return tokens, passages


def test_losses_are_small_where_all_is_right_and_only_there(maker: InputMaker) -> None:
    example = example_of(GROUP, maker)
    assert example is not None
    batch = collate([example])
    good = losses_of(*scores_of(batch, right=True), batch)
    bad = losses_of(*scores_of(batch, right=False), batch)
    assert all(value.item() < 0.1 for value in good.values())
    assert all(bad[name].item() > 1 for name in bad)


def test_where_nothing_answers_the_null_is_right(maker: InputMaker) -> None:
    pieces = tuple(Piece(each.context, each.text, False) for each in GROUP.pieces)
    example = example_of(Group("tiny", "What does the P200 weigh?", "en", "", "near miss", pieces), maker)
    assert example is not None
    batch = collate([example])
    shape = (*batch["tokens"].shape, 4)
    passages = torch.zeros(2, 1 + len(KINDS))
    low, high = (losses_of(torch.full(shape, value), passages, batch)["span"] for value in (-9.0, 9.0))
    assert low.item() < 0.1 < 5 < high.item()


def test_an_answer_that_was_cut_off_is_no_example(maker: InputMaker) -> None:
    long = Piece("", "x " * 900 + "12 kg", True, ((1800, 1805),), None)
    assert example_of(Group("tiny", "What?", "en", "span", "", (long,)), maker) is None


def test_batches_hold_every_example_once_within_their_limit(maker: InputMaker) -> None:
    example = example_of(GROUP, maker)
    assert example is not None
    batches = list(batches_of([example] * 30, 400, "0"))
    assert sum(map(len, batches)) == 30
    assert all(len(each) * 2 * example.longest <= 400 for each in batches)


@pytest.mark.processes
def test_the_steps_run_from_a_set_to_a_reader_and_go_on_where_they_stopped(
    training_set: Path, tiny_embedder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups, whole, parts = (tmp_path / name for name in ("groups.jsonl", "whole", "parts"))
    assert main(["reader", "prepare", str(training_set), "--out", str(groups)]) == 0
    card = json.loads(groups.with_suffix(".card.json").read_text(encoding="utf-8"))
    assert card["groups"]["tiny_set"] >= 6
    common = ["--model", str(tiny_embedder_folder), "--most-tokens", "150", "--device", "cpu"]
    train: list[Any] = ["reader", "train", str(groups), *common, "--save-every", "2"]
    assert main([*train, "--out", str(whole)]) == 0
    calls = []

    def stopping(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)  # Ctrl-C
        return losses_of(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(train_module, "losses_of", stopping)
        assert main([*train, "--out", str(parts)]) == 130
    assert len(calls) == 3 and [each.name for each in parts.glob("*")] == ["checkpoint-3"]
    steps = []

    def counting(*arguments: Any) -> Any:
        steps.append(1)
        return losses_of(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(train_module, "losses_of", counting)
        assert main([*train, "--out", str(parts)]) == 0
    last = {int(each.name.partition("-")[2]) for each in whole.glob("checkpoint-*")}
    assert {len(steps) + 3} == last  # it went on after the third
    assert main(["reader", "save", str(whole), "--out", str(tmp_path / "a.safetensors"), *common[:2]]) == 0
    assert main(["reader", "save", str(parts), "--out", str(tmp_path / "b.safetensors"), *common[:2]]) == 0
    first, second = (load_learned(tmp_path / name) for name in ("a.safetensors", "b.safetensors"))
    assert first.arrays.keys() == second.arrays.keys()
    for name, values in first.arrays.items():
        np.testing.assert_allclose(second.arrays[name], values, rtol=0.02, atol=1e-4, err_msg=name)
    assert "tokens.weight" in first.arrays and not any("embeddings" in each for each in first.arrays)


@pytest.mark.processes
def test_a_reader_is_measured_on_a_half_of_a_set(
    training_set: Path,
    tiny_embedder_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import gzip

    with gzip.open(training_set / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        (training_set / "corpus.jsonl").write_text(file.read(), encoding="utf-8")
    plain = [json.loads(each) for each in (training_set / "queries.jsonl").read_text().splitlines()]
    plain = [
        {**each, "answers": [one["text"] for one in each["answers"]]}
        for each in plain
        if "start" in str(each)
    ]
    (training_set / "queries.jsonl").write_text("\n".join(map(json.dumps, plain)))
    kept = {each["id"] for each in plain}
    rows = [
        each
        for each in (training_set / "qrels.tsv").read_text().splitlines()
        if each.split("\t")[0] in kept | {"query-id"}
    ]
    (training_set / "qrels.tsv").write_text("\n".join(rows))
    learned, settings = tmp_path / "tiny.safetensors", tmp_path / "rag.toml"
    run = tmp_path / "run"
    groups = tmp_path / "groups.jsonl"
    write_groups(groups, [GROUP] * 4)
    settings.write_text(f'[embedder]\nmodel = "{tiny_embedder_folder}"\ndevice = "cpu"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    named = ["--model", str(tiny_embedder_folder)]
    assert main(["reader", "train", str(groups), "--out", str(run), "--device", "cpu", *named]) == 0
    assert main(["reader", "save", str(run), "--out", str(learned), *named]) == 0
    out = tmp_path / "records.jsonl"
    command = ["reader", "evaluate", str(learned), "--sets", str(training_set), "--half", "report"]
    assert main([*command, "--out", str(out)]) == 0
    records = [json.loads(each) for each in out.read_text(encoding="utf-8").splitlines()]
    assert records and all(0 <= each["nowhere"] <= 1 for each in records)
    assert {each["reached"] for each in records} <= {0.0, 1.0}
    table = capsys.readouterr().out
    assert f"| tiny_set | {len(records)} |" in table
