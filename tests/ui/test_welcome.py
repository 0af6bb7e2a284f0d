"""The examples of the first visit, and what tells one knowledge base from another."""

import shutil

from tests.ui.conftest import Workplace
from ui.opened import place_of
from ui.welcome import chosen_examples


def test_examples_are_of_the_pages_language_first_and_of_one_document_after_another() -> None:
    entries = [
        ("a.md", "怎么报销？"),
        ("a.md", "几点上班？"),
        ("b.md", "How long is the warranty?"),
        ("c.md", "滤芯多久更换？"),
        ("c.md", "长" * 80),
    ]
    assert chosen_examples(entries, "zh") == (
        "怎么报销？", "滤芯多久更换？", "几点上班？", "How long is the warranty?",
    )  # fmt: skip
    assert chosen_examples(entries, "en")[0] == "How long is the warranty?"
    assert chosen_examples([], "en") == ()


def test_a_knowledge_base_is_told_from_one_that_takes_its_place(workplace: Workplace) -> None:
    folder = workplace.settings.knowledge_base.path
    place = place_of(folder)
    workplace.write({"班车.md": ("班车七点四十发车。",)})
    assert place and place_of(folder) == place  # what is added to it makes no other of it
    folder.rename(folder.with_name("old"))
    assert place_of(folder) == ()
    shutil.copytree(folder.with_name("old"), folder)
    assert place_of(folder) not in ((), place)
