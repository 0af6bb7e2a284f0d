"""Systems: the built-in ones, and those of a file."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from eval.systems import OneSearch, read_systems
from rag.answer import Question
from rag.errors import ConfigError, EvalError
from rag.filter import EVERYTHING, Filter
from rag.questions.inquiry import understand
from rag.settings import Settings


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "systems.toml"
    file.write_text(text)
    return file


def test_a_file_adds_variants_of_what_there_is(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "[short]\nanswering = { evidence_tokens = 240 }\nreader = { passages = 5 }\n"
        '[shorter]\nbase = "short"\nretriever = "dense"\nevidence = "gold"\ndistractors = 3\n',
    )
    short, shorter, default = read_systems(["short", "shorter", "default"], Settings(), file)
    assert short.settings.answering.evidence_tokens == 240 and short.evidence == "retrieved"
    assert shorter.settings.answering.evidence_tokens == 240
    assert (shorter.retriever, shorter.evidence, shorter.distractors) == ("dense", "gold", 3)
    assert shorter.facts["reader"]["passages"] == 5
    assert default.settings == Settings() and default.facts != short.facts


@pytest.mark.parametrize(
    ("text", "names", "words"),
    [
        ("", ["magic"], "there is no system magic"),
        ('[a]\nbase = "a"', ["a"], "based on itself"),
        ('[a]\nbase = "b"\n[b]\nbase = "a"', ["a"], "based on itself"),
        ('[a]\nretreiver = "dense"', ["a"], "unknown key retreiver"),
        ('[a]\nretriever = "psychic"', ["a"], "retriever of hybrid, dense, lexical"),
        ("[a]\ndistractors = -1", ["a"], "whole number"),
        ("a = 1", ["a"], "isn't a table"),
        ("[a", ["a"], "can't read the systems"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, names: list[str], words: str) -> None:
    with pytest.raises(EvalError, match=words):
        read_systems(names, Settings(), write(tmp_path, text))


def test_settings_of_a_system_are_checked_like_any(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="evidence_tokenz"):
        read_systems(["a"], Settings(), write(tmp_path, "[a]\nanswering = { evidence_tokenz = 1 }"))


def test_one_search_alone_finds_what_passes_best_first(make_knowledge_base: Any) -> None:
    texts = {"a.md": "The pump is quiet.", "b.md": "The pump is loud.", "c.md": "The office is closed."}
    view = make_knowledge_base(texts).view(EVERYTHING)
    for embeddings, query in ((DeterministicFakeEmbedding(size=16), texts["b.md"]), (None, "loud pump")):
        search = OneSearch(view, embeddings)
        found = search.search(understand(query))
        assert found[0].metadata["source"] == "b.md" and found[0].metadata["score"] > 0
        assert search.search(understand(query), 1) == found[:1]
        left = search.search(understand(Question(query, filter=Filter().excluding(["b.md"]))))
        assert left and "b.md" not in {each.metadata["source"] for each in left}
