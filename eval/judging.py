"""A model's opinion of answers, kept apart from everything that is measured.

A model that judges prefers long answers and its own words, and another model judges otherwise (Zheng et al.,
"Judging LLM-as-a-judge", NeurIPS 2023). So what it says goes into files of its own (``judged.json``,
``SET/judged/``), beside how often it agrees with the measure that needs no model, and into no summary,
comparison or gate.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from tqdm import tqdm

from eval.runs.summary import mean_of_each
from rag.errors import EvalError
from rag.models.generator import Generator

_WORDING = {
    "zh": (
        "你判断一个回答是否正确。只看它与标准答案的意思是否一致，不看长短和措辞。只回答“是”或“否”。",
        "问题：{question}\n标准答案：{gold}\n回答：{answer}\n\n这个回答正确吗？只回答“是”或“否”。",
    ),
    "en": (
        "You decide whether an answer is right: whether it means the same as the reference answer, whatever "
        "its length and wording. Reply with yes or no only.",
        "Question: {question}\nReference answer: {gold}\nAnswer: {answer}\n\nIs the answer right? yes or no:",
    ),
}
_YES = ("yes", "是", "正确", "对")
_NO = ("no", "否", "不", "错")


def judge_run(run: Path, judge: Generator, name: str) -> dict[str, Any]:
    """Have every answer of a run judged that there is a reference answer for.

    Args:
        run: the run's folder.
        judge: the model.
        name: what to call it.

    Returns:
        What ``judged.json`` holds: judge, and set → system → ``judge_right``, ``agreement`` with ``right``,
        ``unclear``, each with mean, low, high, n. A reply that is neither yes nor no counts as no opinion.

    Raises:
        EvalError: the folder isn't a run's, or has no answers.
        GenerationError: the judge fails.
    """
    files = sorted(run.glob("*/answers/*.jsonl"))
    if not (run / "run.json").is_file() or not files:
        raise EvalError(f"{run} has no answers to judge; make some with `python -m eval answers --out {run}`")
    seed = json.loads((run / "run.json").read_text(encoding="utf-8")).get("seed", 0)
    found: dict[str, Any] = {"judge": name, "sets": {}}
    for file in files:
        records = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
        given = [each for each in records if each["answers"] and each["answer"] and not each["abstained"]]
        bar = tqdm(
            given, desc=f"{file.parent.parent.name} {file.stem}, judged", unit="answer", file=sys.stderr
        )
        lines = [_judged(each, judge) for each in bar]
        out = file.parent.parent / "judged" / file.name
        out.parent.mkdir(exist_ok=True)
        out.write_text(
            "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8"
        )
        scores = mean_of_each([each["scores"] for each in lines], seed)
        found["sets"].setdefault(unquote(file.parent.parent.name), {})[file.stem] = scores
    (run / "judged.json").write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return found


def _judged(record: Mapping[str, Any], judge: Generator) -> dict[str, Any]:
    reply = str(judge.invoke(_messages(record)).text).strip()
    verdict = _verdict(reply)
    right = record["scores"]["right"]
    return {
        "id": record["id"],
        "reply": reply,
        "scores": {
            "judge_right": None if verdict is None else float(verdict),
            "agreement": None if verdict is None or right is None else float(verdict == (right == 1.0)),
            "unclear": float(verdict is None),
        },
    }


def _messages(record: Mapping[str, Any]) -> list[BaseMessage]:
    instructions, wording = _WORDING["zh" if record["lang"].startswith("zh") else "en"]
    gold = " / ".join(record["answers"])
    said = wording.format(question=record["text"], gold=gold, answer=record["answer"])
    return [SystemMessage(instructions), HumanMessage(said)]


def _verdict(reply: str) -> bool | None:
    word = reply.lower().lstrip("\"'“”*# 　")
    if word.startswith(_NO):
        return False
    return True if word.startswith(_YES) else None
