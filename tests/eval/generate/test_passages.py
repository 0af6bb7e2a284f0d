from typing import Any

from langchain_core.documents import Document

from eval.generate.passages import choose_passages, sentences_to_ask
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from tests.reading import seen

LONG = {
    "long.md": "\n\n".join(
        f"# Part {number}\n\n" + f"The pump of part {number} has a belt of its own kind and colour. " * 12
        for number in range(12)
    )
}


def _sources(knowledge_base: KnowledgeBase, seed: int) -> list[str]:
    choice = choose_passages(knowledge_base.view(EVERYTHING), seed)
    ids = [each.passage_id for each in choice.focuses]
    by_id = {passage.id: passage for passage in seen(knowledge_base).passages(ids)}
    return [str(by_id[each].metadata["source"]) for each in ids]


def test_languages_and_documents_take_turns(make_knowledge_base: Any) -> None:
    kb = make_knowledge_base(
        {
            **LONG,
            "small.md": "The library of the institute opens at nine on every working day of the week.",
            "chinese.md": "研究所的图书馆每个工作日上午九点开门，晚上八点关门，周末不对外开放。",
        }
    )
    order = _sources(kb, 0)
    assert set(order[:4]) == {"long.md", "small.md", "chinese.md"}
    assert order.count("long.md") > 10
    assert order == _sources(kb, 0)


def test_another_seed_draws_other_passages(make_knowledge_base: Any) -> None:
    kb = make_knowledge_base(LONG)
    first = [each.name for each in choose_passages(kb.view(EVERYTHING), 0).focuses]
    second = [each.name for each in choose_passages(kb.view(EVERYTHING), 1).focuses]
    assert first != second and sorted(first) == sorted(second)


def test_a_passage_is_asked_about_again_only_when_every_one_had_its_turn(make_knowledge_base: Any) -> None:
    choice = choose_passages(make_knowledge_base(LONG).view(EVERYTHING), 0)
    rounds = [each.sentence for each in choice.focuses]
    assert rounds == sorted(rounds) and set(rounds) == {0, 1, 2}
    assert len({each.name for each in choice.focuses}) == len(choice.focuses)


def test_what_is_left_out_is_counted(make_knowledge_base: Any) -> None:
    same = "The same paragraph stands in both of these documents, word for word and line for line."
    kb = make_knowledge_base(
        {
            "a.md": same,
            "b.md": f"{same}\n",
            "c.md": "Page 3",
            "d.md": "Copyright 2026 by the institute and its members. All rights reserved worldwide.",
            "e.md": "1,204 | 3,881 | 12.50 | 88.12 | 4,002 | 91.33 | 7,310 | 20.08 | 5,512 | 77.10",
            "f.md": "The library of the institute opens at nine on every working day of the week.",
        }
    )
    choice = choose_passages(kb.view(EVERYTHING), 0)
    assert choice.left_out == {
        "stands in several places": 2,
        "too short": 1,
        "boilerplate": 1,
        "few words": 1,
    }
    assert choice.passages == 6 and len(choice.focuses) == 1


def test_short_sentences_are_not_asked_about() -> None:
    text = "Note. The library of the institute opens at nine on every working day."
    passage = Document(id="x", page_content=text, metadata={})
    assert [text[a:b] for a, b in sentences_to_ask(passage)] == [text[6:]]
