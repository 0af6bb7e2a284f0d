"""Small sets in BEIR's form, written to disk."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]


def write_lines(file: Path, records: Sequence[Any]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), encoding="utf-8"
    )
    return file


@pytest.fixture
def write_set(tmp_path: Path) -> Write:
    """Write ``NAME/``: texts by document id, questions as records, judgements as triples."""

    def write(
        name: str,
        corpus: dict[str, str],
        questions: Sequence[dict[str, Any]],
        **qrels: Sequence[tuple[str, str, int]],
    ) -> Path:
        folder = tmp_path / name
        write_lines(folder / "corpus.jsonl", [{"id": i, "title": "t", "text": t} for i, t in corpus.items()])
        write_lines(folder / "queries.jsonl", questions)
        for file, judgements in qrels.items():
            lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, each)) for each in judgements)]
            (folder / f"{file}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder

    return write


@pytest.fixture
def bilingual(write_set: Write) -> tuple[Path, Path]:
    """Two paragraphs in two languages, asked in both directions."""
    zh = write_set(
        "x_zh",
        {"z0": "水泵每六个月清洗一次。", "z1": "员工有十二天年假。"},
        [
            {"id": "zq0", "text": "多久清洗水泵？", "lang": "zh", "answers": ["六个月"]},
            {"id": "zq1", "text": "年假几天？", "lang": "zh", "answers": ["十二天"]},
        ],
        qrels=[("zq0", "z0", 1), ("zq1", "z1", 1)],
        qrels_from_en=[("eq0", "z0", 1), ("eq1", "z1", 1)],
    )
    en = write_set(
        "x_en",
        {"e0": "The pump is cleaned every six months.", "e1": "Staff get twelve days."},
        [
            {"id": "eq0", "text": "How often is the pump cleaned?", "lang": "en"},
            {"id": "eq1", "text": "How many days?", "lang": "en"},
        ],
        qrels=[("eq0", "e0", 1), ("eq1", "e1", 1)],
        qrels_from_zh=[("zq0", "e0", 1), ("zq1", "e1", 1)],
    )
    return zh, en
