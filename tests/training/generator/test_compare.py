"""What an adapter would say to questions on one text, read in one go."""

from pathlib import Path

import pytest

from rag.answering.prompt import wording_for
from tests.training.generator.test_train import CASE, PROMPT
from training.generator.cases import Case
from training.generator.compare import read_with, row_of
from training.generator.train import Options, train

ASKED = "水泵有多重？"
# The tiny model's tokenizer cuts the whole decline otherwise than its beginning; the real one doesn't.
DECLINE = wording_for("zh").decline_start
NEARLY = Case("set", ASKED, "zh", PROMPT.replace(CASE.question, ASKED), DECLINE, "decline", group="g")
ANSWERED = Case("set", CASE.question, "zh", PROMPT, CASE.target, "alone", group="g")


@pytest.mark.parametrize("learned", [ANSWERED, NEARLY])
def test_an_adapter_reads_what_it_was_taught(
    tiny_generator_folder: Path, tmp_path: Path, learned: Case
) -> None:
    out = tmp_path / "made.safetensors"
    options = Options(str(tiny_generator_folder), first_layer=0, epochs=60, batch=1, learning_rate=0.02)
    train([learned], out, options)
    answered, nearly = read_with(out, [ANSWERED, NEARLY], str(tiny_generator_folder))
    answers = learned is ANSWERED
    assert (answered.exact, nearly.answer) == (answers, ())
    assert (sum(answered.answer) > -len(answered.answer)) is answers
    assert (nearly.declining < -3) is answers
    assert row_of("made", "set", [answered, nearly])[:3] == ["made", "set", "1 / 1"]
