"""HTML from templates: data stays data, and the layout of a template is not in what it makes."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from langchain_core.documents import Document

from rag.answer import Curated
from ui.card_wording import CARD_WORDINGS
from ui.rendering import lang_of, render

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "ui" / "templates").iterdir())


def test_every_character_of_the_data_is_escaped_and_kept() -> None:
    html = render("view", "facts", facts=[("<b>&\"'", "two\n  lines {{ 7 * 7 }} {% raw %}")])
    assert html == (
        '<dl class="wj-facts"><dt>&lt;b&gt;&amp;&#34;&#39;</dt>'
        "<dd>two\n  lines {{ 7 * 7 }} {% raw %}</dd></dl>"
    )


def test_line_ends_and_indents_of_a_template_part_attributes_only() -> None:
    html = render("verdict", "suggested", entry=_entry(), words=CARD_WORDINGS["en"], language="en")
    assert html.startswith('<details class="wj-passage"><summary><strong>Did you mean: Who asks?</strong>')
    assert 'type="button" class="wj-weak" popovertarget="wj-3-weak" aria-label="' in render(
        "verdict", "weak_mark", words=CARD_WORDINGS["en"], key="3"
    )


def test_a_value_that_is_missing_is_an_error_and_no_gap() -> None:
    with pytest.raises(UndefinedError):
        render("verdict", "caution")


def test_the_language_of_a_text_is_an_html_language() -> None:
    assert (lang_of("软管每六个月更换一次。"), lang_of("Replace it.")) == ("zh-Hans", "en")


def test_all_that_the_page_draws_with_is_in_the_wheel() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = data["package-data"]["ui"]
    files = [each for each in (ROOT / "ui").rglob("*") if each.suffix not in (".py", ".pyc", "")]
    assert TEMPLATES and set(TEMPLATES) <= set(files)
    for file in files:
        assert any(fnmatch(file.relative_to(ROOT / "ui").as_posix(), each) for each in patterns), file


def _entry() -> Curated:
    passage = Document(
        id="1",
        page_content="Who asks?\nHR.",
        metadata={"source": "faq.md", "page": None, "context": "", "heading": ()},
    )
    return Curated("Who\nasks?", "HR.", passage, 10, 13, 0.8)
