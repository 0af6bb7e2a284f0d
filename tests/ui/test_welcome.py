"""The examples of the first visit."""

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
