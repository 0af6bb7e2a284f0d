import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

DOCUMENTS = [
    ("pump", "Pump P300", "The P300 weighs 12 kg. It was launched in 2021. It is made in Berlin."),
    ("scale", "Scale S10", "The S10 weighs 3 kg. It was launched in 2019. It is made in Prague."),
    ("lamp", "Lamp L7", "The L7 is a lamp. Nobody knows what it weighs."),
    ("leave", "年假", "员工每年有十天年假。年假可以结转到下一年三月。"),
    ("prices", "Prices", "Parts cost this.\n| part | price |\n|---|---|\n| hose | 18 |\n| filter | 25 |\n"),
]


def answer(document: str, text: str) -> dict[str, Any]:
    """An answer where it first stands."""
    return {"text": text, "start": {name: body for name, _, body in DOCUMENTS}[document].index(text)}


QUESTIONS: Sequence[Mapping[str, Any]] = [
    {"id": "1", "text": "What does the P300 weigh?", "doc": "pump", "answers": [answer("pump", "12 kg")]},
    {"id": "2", "text": "When was the S10 launched?", "doc": "scale", "answers": [answer("scale", "2019")]},
    {"id": "3", "text": "What does the L7 weigh?", "doc": "lamp", "answers": [], "answerable": False},
    {"id": "4", "text": "员工每年有几天年假？", "doc": "leave", "answers": [answer("leave", "十天")]},
    {"id": "5", "text": "What does a filter cost?", "doc": "prices", "answers": [answer("prices", "25")]},
    {"id": "6", "text": "Tell me of the P300", "doc": "pump", "answers": []},
    {
        "id": "7",
        "text": "Which parts have a price?",
        "doc": "prices",
        "multi_span": True,
        "answers": [answer("prices", "hose"), answer("prices", "filter")],
    },
    {"id": "8", "text": "Is it made there?", "doc": "pump", "decision": "yes", "answers": [{"text": "yes"}]},
    {"id": "9", "text": "And the other?", "doc": "pump", "history": ["What?"], "answers": []},
]


@pytest.fixture
def training_set(tmp_path: Path) -> Path:
    """A small set in the form of published ones, one of its files compressed."""
    folder = tmp_path / "tiny_set"
    folder.mkdir()
    corpus = [{"id": name, "title": title, "text": text} for name, title, text in DOCUMENTS]
    with gzip.open(folder / "corpus.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(each) + "\n" for each in corpus)
    lines = (json.dumps(each, ensure_ascii=False) for each in QUESTIONS)
    (folder / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rows = [f"{each['id']}\t{each['doc']}\t1" for each in QUESTIONS if each.get("answerable", True)]
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]), encoding="utf-8")
    return folder
