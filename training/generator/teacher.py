"""What the generator itself, as it comes, says over the right document alone: answers to be learned.

For questions that no short answer is known to. Reading one document that holds the answer is much easier than
reading what a search finds; what it says is kept if the document supports it. Questions on one document are
asked one after the other, so that the document is read once.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from langchain_core.documents import Document
from tqdm import tqdm

from eval.datasets import EvalQuestion
from eval.measures.answers import is_brief, language_match
from rag.answering.citing import marked_sentences
from rag.answering.evidence import Evidence
from rag.answering.prompt import build_messages, is_decline, wording_for
from rag.answering.support import measure_support
from rag.build import build_generator
from rag.questions.inquiry import understand
from rag.settings import load_settings
from rag.text.analysis import Analyzer
from rag.text.language import language_of
from rag.text.marks import without_marks
from rag.text.sentences import Span

_SUPPORTED = 0.5  # of an answer's words that the document has
_LONGEST = 500  # characters of an answer


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question with the text of the document that holds its answer."""

    set_name: str
    question: EvalQuestion
    text: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others."""
        return (self.set_name, self.question.id)


def write_answers(lessons: Iterable[Lesson], file: Path, model: str) -> Mapping[tuple[str, str], str]:
    """By `Lesson.key` what ``model`` says, without marks, "" where that is long or isn't supported.

    ``file`` keeps them; a run that was stopped goes on.
    """
    known = _read(file)
    lacking = sorted((each for each in lessons if each.key not in known), key=lambda each: each.text)
    if not lacking:
        return known
    settings = load_settings(None).override("generator", model=model, adapter="none")
    teacher = build_generator(settings.generator)
    analyzer = Analyzer()
    with file.open("a", encoding="utf-8") as out:
        for each in tqdm(lacking, desc="answers", unit="question", file=sys.stderr):
            lang = language_of(each.question.text)
            metadata = {"context": "", "kind": "prose", "lang": lang, "source": each.set_name, "doc_id": ""}
            passage = Document(each.text, metadata=metadata)
            read = Evidence(passage, (Span(0, len(each.text)),))
            written = str(teacher.invoke(build_messages(each.question.text, [read], wording_for(lang))).text)
            known[each.key] = _accepted(written, each, analyzer)
            line = {"set": each.set_name, "id": each.question.id, "answer": known[each.key]}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            out.flush()
    return known


def has_short_answer(question: EvalQuestion) -> bool:
    """Whether it is known in a few words what is right, so that a text can be looked through for it."""
    return bool(question.answers) and is_brief(min(question.answers, key=len), question.lang)


def _accepted(written: str, lesson: Lesson, analyzer: Analyzer) -> str:
    question = lesson.question
    sentences, _ = marked_sentences(written.strip(), 1)
    bare = " ".join(without_marks(each.text).strip() for each in sentences)
    if not bare or is_decline(written) or language_match(bare, question.lang) == 0.0:
        return ""
    support = measure_support(bare, lesson.text, understand(question.text), analyzer=analyzer)
    return bare if support.share >= _SUPPORTED and len(bare) <= _LONGEST else ""


def _read(file: Path) -> dict[tuple[str, str], str]:
    if not file.exists():
        return {}
    with file.open(encoding="utf-8") as lines:
        return {(each["set"], each["id"]): each["answer"] for each in map(json.loads, lines)}
