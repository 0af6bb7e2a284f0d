"""A folder of made-up documents with words of real languages, as often as they really occur.

Sentences mean nothing, but their words are cut into about as many tokens as those of real text:
English ones come from Python's own documentation, Chinese ones from jieba's dictionary, which counts them.
"""

import bisect
import html
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, SimpleDocTemplate
from reportlab.platypus import Paragraph as PdfParagraph

_SENTENCES = (4, 8)  # of a paragraph
_WORDS = (8, 22)  # of a sentence
_PARAGRAPHS = (6, 10)  # of a section

Sections = list[tuple[str, list[str]]]  # headings with their paragraphs


class TextMaker:
    """Makes text of one language, "zh" or "en"; the same for the same seed."""

    def __init__(self, language: str, seed: int) -> None:
        self._english = language == "en"
        counts = _english_words() if self._english else _chinese_words()
        self._words = list(counts)
        self._cumulative = list(itertools.accumulate(counts.values()))
        self._random = random.Random(seed)

    def sections(self, count: int) -> Sections:
        """Headings, each with some paragraphs."""
        return [
            (self._join(3), [self._paragraph() for _ in range(self._random.randint(*_PARAGRAPHS))])
            for _ in range(count)
        ]

    def _paragraph(self) -> str:
        end, space = (".", " ") if self._english else ("。", "")
        sentences = (
            self._join(self._random.randint(*_WORDS)) + end for _ in range(self._random.randint(*_SENTENCES))
        )
        return space.join(sentences)

    def _join(self, words: int) -> str:
        total = self._cumulative[-1]
        places = (bisect.bisect(self._cumulative, self._random.random() * total) for _ in range(words))
        return (" " if self._english else "").join(self._words[place] for place in places)


def write_folder(folder: Path, documents: int, seed: int = 0) -> int:
    """Write so many documents in turn as Markdown, HTML, text and PDF in two languages; count them."""
    makers = [TextMaker("en", seed), TextMaker("zh", seed)]
    for number in range(documents):
        language = number // len(_WRITERS) % 2
        suffix = list(_WRITERS)[number % len(_WRITERS)]
        if suffix == ".pdf":
            language = 0  # a Chinese one would need a font of its own
        path = folder / f"{number // 200:03}" / f"{number:05}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        _WRITERS[suffix](path, makers[language].sections(2))
    return documents


def write_notes(folder: Path, files: int) -> None:
    """Write many small Markdown files, a short paragraph each."""
    for number in range(files):
        path = folder / f"{number // 200:03}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {number}\n\nValve {number} opens at {number % 97} bar.\n", encoding="utf-8")


def _english_words() -> Counter[str]:
    return Counter(re.findall(r"[A-Za-z]{1,14}", " ".join(topics.values())))


def _chinese_words() -> Counter[str]:
    lines = files("jieba").joinpath("dict.txt").read_text(encoding="utf-8").splitlines()
    return Counter({word: int(count) for word, count, *_ in map(str.split, lines)})


def _write_markdown(path: Path, sections: Sections) -> None:
    parts = [f"## {heading}\n\n" + "\n\n".join(paragraphs) for heading, paragraphs in sections]
    path.write_text(f"# {path.stem}\n\n" + "\n\n".join(parts) + "\n", encoding="utf-8")


def _write_text(path: Path, sections: Sections) -> None:
    parts = [heading + "\n\n" + "\n\n".join(paragraphs) for heading, paragraphs in sections]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _write_html(path: Path, sections: Sections) -> None:
    body = "".join(
        f"<h2>{html.escape(heading)}</h2>" + "".join(f"<p>{html.escape(each)}</p>" for each in paragraphs)
        for heading, paragraphs in sections
    )
    head = f"<meta charset='utf-8'><title>{path.stem}</title>"
    path.write_text(f"<html><head>{head}</head><body>{body}</body></html>", encoding="utf-8")


def _write_pdf(path: Path, sections: Sections) -> None:
    styles: Any = getSampleStyleSheet()
    flow: Sequence[Flowable] = [
        PdfParagraph(html.escape(text), styles["Heading2" if place == 0 else "BodyText"])
        for heading, paragraphs in sections
        for place, text in enumerate([heading, *paragraphs])
    ]
    SimpleDocTemplate(str(path), pagesize=A4).build(list(flow))


_WRITERS: dict[str, Callable[[Path, Sections], None]] = {
    ".md": _write_markdown,
    ".html": _write_html,
    ".txt": _write_text,
    ".pdf": _write_pdf,
}
