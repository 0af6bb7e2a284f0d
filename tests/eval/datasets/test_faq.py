import json
from pathlib import Path

import pytest

from eval.datasets import read_faq
from eval.datasets.records import FaqDocument
from rag.errors import EvalError

CSV = """\
question,answer,phrasings,source,answerable
How long is the warranty?,"Two years, from delivery.",Warranty period? | For how long am I covered?,faq.md,
Do you ship to the Moon?,,,,no
"""


def write(folder: Path, text: str, name: str = "b.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_an_entry_is_a_document_and_each_phrasing_a_question(tmp_path: Path) -> None:
    read = read_faq(write(tmp_path, CSV))
    (document,) = read.documents
    assert isinstance(document, FaqDocument)
    assert (document.id, document.title, document.phrasings) == ("b/1", "", 0)
    assert document.text == "How long is the warranty?\nTwo years, from delivery."
    assert [(each.id, each.kind, each.answerable, set(each.gold)) for each in read.questions] == [
        ("1", "question", True, {"b/1"}),
        ("1.1", "phrasing", True, {"b/1"}),
        ("1.2", "phrasing", True, {"b/1"}),
        ("2", "question", False, set()),
    ]
    assert read.questions[2].text == "For how long am I covered?"


def test_chinese_headers_and_jsonl_say_the_same(tmp_path: Path) -> None:
    table = "\ufeff编号,问题,答案,其他问法,可回答\nw,保修多久？,两年。,保修期；质保多长时间,是\n"
    entry = {"id": "w", "question": "保修多久？", "answer": "两年。", "phrasings": ["保修期", "质保多长时间"]}
    lines = write(tmp_path, json.dumps(entry), "b.jsonl")
    assert read_faq(write(tmp_path, table)) == read_faq(lines)


def test_with_a_folder_the_files_are_the_corpus(tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    with pytest.raises(EvalError, match=r"line 2 names the source 'faq\.md', which isn't a file"):
        read_faq(write(tmp_path, CSV), folder=tmp_path / "kb")
    (tmp_path / "kb" / "faq.md").touch()
    read = read_faq(write(tmp_path, CSV), folder=tmp_path / "kb")
    assert read.documents == ()
    assert [each.relevant for each in read.questions] == [{"faq.md": 1}] * 3 + [{}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q,a\nx,y\n", 'line 1 has no column "question"'),
        ("question,answer\nx,\n", "line 2 has no answer"),
        ("question,answer\n,y\n", "line 2 has no question"),
        ("question,answer,answerable\nx,y,no\n", "line 2 has an answer although"),
        ("question,answer,answerable\nx,y,maybe\n", '"answerable" is neither true nor false'),
        ("question,answer\nx,a, b\n", "line 2 has 3 cells, the header 2"),
        ('question,answer\n"x,y\n', "isn't CSV"),
        ("id,question,answer\n1,x,y\n1,x,y\n", "line 3: the id 1 was there before"),
        ("question,answer\n", "holds no question"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EvalError, match=message):
        read_faq(write(tmp_path, text))
