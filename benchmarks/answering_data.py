"""What the answering adapter is trained on: questions of fit halves, what is read for them, what to say.

The evidence is what the product's own search finds and packs among the documents of the fit halves. What to
say is written by the generator itself, as it comes, over the right passage alone, which is much easier; what
it says is taken if it is right and short, else the right answer stands by itself. Where the evidence doesn't
hold the answer, what to say is that it doesn't.
"""

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from tqdm import tqdm

from eval.corpora import open_corpus
from eval.datasets import EvalQuestion, read_beir
from eval.datasets.halves import for_training, split_halves
from eval.datasets.pool import Pool, left_out, pool_sets
from eval.measures.answers import contains_answer, is_brief, is_right, language_match
from rag.answering.citations import marked_sentences, place_marks
from rag.answering.evidence import Evidence, pack_evidence
from rag.answering.prompt import build_messages, is_decline, wording_for
from rag.answering.support import measure_support
from rag.build import build_embeddings, build_retriever
from rag.generators import build_generator
from rag.knowledge_base import Analyzer
from rag.language import language_of
from rag.passage import metadata_of
from rag.retrievers import without_sources
from rag.sentences import Span
from rag.settings import load_settings

# Questions of each set; a set "a@from_b" has a's documents and the questions of b, in the other language.
COUNTS = {
    "xquad_zh": 200,
    "xquad_en": 130,
    "squad2_part": 260,
    "cmrc2018_trial": 220,
    "drcd_test": 220,
    "faq_oss_zh": 50,
    "faq_oss_en": 50,
    "xquad_zh@from_en": 60,
    "xquad_en@from_zh": 60,
    "faq_oss_zh@from_en": 25,
    "faq_oss_en@from_zh": 25,
}
_BUDGETS = (240, 360, 480, 480, 640)  # tokens of evidence, one of them by chance
_REMOVED = 0.2  # of the questions that can be answered: the documents that hold the answer aren't found
_PAIRED = 0.2  # of the others: asked once more, without these documents
SHUFFLED = 0.25  # of the questions: the passages aren't read in the order in which they were found
_TITLED = 0.5  # of the questions: each passage is read with its document's title
_SUPPORTED = 0.5  # of an answer's words that the passage has, where nobody says what is right
_LONGEST = 500  # characters of an answer where nobody says what is right
_MOST_ALONE = 40  # characters of a right answer that stands by itself


@dataclass(frozen=True, slots=True)
class Case:
    """What is read and what is to be said. ``prompt`` is the last message, instructions not included.

    ``removed``: the documents that hold the answer weren't found on purpose.
    """

    set_name: str
    question: str
    lang: str
    prompt: str
    target: str
    kind: Literal["written", "alone", "known", "decline"]
    removed: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    set_name: str
    question: EvalQuestion
    text: str  # of the document that holds the answer, in the question's language where there is one
    removed: bool  # that document isn't found


def read_cases(file: Path) -> list[Case]:
    """The cases in a file."""
    with file.open(encoding="utf-8") as lines:
        return [Case(**json.loads(line)) for line in lines]


def collect_cases(folders: Sequence[Path], file: Path, model: str, seed: int = 0) -> list[Case]:
    """Ask the questions of the fit halves that may be trained on; what to say is written by ``model``.

    A run into ``file`` that was stopped goes on. Neither questions nor documents of report halves take part.
    """
    before = read_cases(file) if file.exists() else []
    known = {(each.set_name, each.question, each.removed) for each in before}
    sets = [each for folder in folders for each in read_beir(folder)]
    titles = {each.id: each.title for eval_set in sets for each in eval_set.documents}
    halves = split_halves(sets)
    usable = for_training(halves)
    pool = pool_sets(halves.fit, limit=None)
    settings = load_settings(None).override("faq", enabled=False)
    embeddings = build_embeddings(settings)
    analyzer = Analyzer()
    as_it_comes = settings.override("generator", model=model, adapter="none")
    teacher = build_generator(as_it_comes.generator)
    with (
        open_corpus(pool.documents, embeddings, embeddings.fingerprint, settings.splitter) as kb,
        file.open("a", encoding="utf-8") as out,
    ):
        retriever = build_retriever(settings, kb, embeddings)
        asked = list(_chosen(pool, usable, seed, known))
        for each in tqdm(asked, desc="cases", unit="question", file=sys.stderr):
            question = each.question
            hidden = left_out(question, pool) | (question.gold if each.removed else frozenset())
            chance = random.Random(f"{seed} {each.set_name} {question.id} {each.removed}")
            found = without_sources(retriever, hidden).invoke(question.text)
            evidence = pack_evidence(question.text, found, analyzer=analyzer, budget=chance.choice(_BUDGETS))
            evidence = _varied(evidence, titles, chance)
            case = _case(each, evidence, teacher, analyzer)
            if case is not None:
                out.write(json.dumps(asdict(case), ensure_ascii=False) + "\n")
                out.flush()
    return read_cases(file)


def _chosen(
    pool: Pool, ids: Mapping[str, Set[str]], seed: int, known: Set[tuple[str, str, bool]]
) -> Iterator[_Asked]:
    """The questions to ask, of all sets in turns, so that a run that was stopped has something of each."""
    texts = {each.id: each for each in pool.documents}
    chosen: list[tuple[float, _Asked]] = []
    for eval_set in pool.sets:
        usable = [each for each in eval_set.questions if each.id in ids[eval_set.name]]
        count = min(COUNTS.get(eval_set.name, 0), len(usable))
        chance = random.Random(f"{seed} {eval_set.name}")
        for place, question in enumerate(chance.sample(usable, count)):
            removed = question.answerable and chance.random() < _REMOVED
            paired = random.Random(f"{seed} {eval_set.name} {question.id} pair").random() < _PAIRED
            names = sorted(question.gold)
            own = sorted(pool.parallel_of(question.gold)) if "@" in eval_set.name else names
            text = "\n".join(texts[each].text for each in (own or names))
            for hidden in (removed, True) if question.answerable and paired and not removed else (removed,):
                if (eval_set.name, question.text, hidden) not in known:
                    chosen.append((place / count, _Asked(eval_set.name, question, text, hidden)))
    chosen.sort(key=lambda each: each[0])
    return (asked for _, asked in chosen)


def _varied(evidence: list[Evidence], titles: Mapping[str, str], chance: random.Random) -> list[Evidence]:
    """The evidence as other knowledge bases might give it: with titles, in another order."""
    if chance.random() < _TITLED:
        evidence = [replace(each, passage=_titled(each.passage, titles)) for each in evidence]
    if chance.random() < SHUFFLED:
        chance.shuffle(evidence)
    return [replace(each, number=number) for number, each in enumerate(evidence, start=1)]


def _titled(passage: Document, titles: Mapping[str, str]) -> Document:
    source = metadata_of(passage)["source"]
    title = "" if source.startswith("faq") else titles.get(source, "")  # a question's own words
    return passage.model_copy(update={"metadata": {**passage.metadata, "context": title}})


def _case(
    asked: _Asked, evidence: Sequence[Evidence], teacher: BaseChatModel, analyzer: Analyzer
) -> Case | None:
    """What to say to the question, or None where that isn't sure."""
    question = asked.question
    lang = language_of(question.text)
    wording = wording_for(lang)
    prompt = str(build_messages(question.text, evidence, wording)[-1].content)

    def case(target: str, kind: Literal["written", "alone", "decline"]) -> Case:
        return Case(asked.set_name, question.text, lang, prompt, target, kind, asked.removed)

    held = [each for each in evidence if metadata_of(each.passage)["source"] in question.gold]
    crossing = "@" in asked.set_name
    if _has_short_answer(question) and not crossing:
        held = [each for each in held if contains_answer(each.text, question.answers)]
    if (
        not held
        and _has_short_answer(question)
        and any(contains_answer(each.text, question.answers) for each in evidence)
    ):
        return None  # another text may say it, too, or only have its words
    if not question.answerable or not held:
        return case(wording.decline, "decline")
    right = replace(held[0], number=1)
    if crossing:
        passage = Document(asked.text, metadata=right.passage.metadata)
        right = replace(right, passage=passage, spans=(Span(0, len(asked.text)),))
    written = _written(question, right, asked, teacher, analyzer, held[0].number)
    if written is not None:
        return case(written, "written")
    short = min(question.answers, key=len, default="")
    if not short or len(short) > _MOST_ALONE:
        return None
    return case(place_marks(f"{short}。" if lang == "zh" else f"{short}.", (held[0].number,)), "alone")


def _has_short_answer(question: EvalQuestion) -> bool:
    """Whether it is known in a few words what is right, so that a text can be looked through for it."""
    return bool(question.answers) and is_brief(min(question.answers, key=len), question.lang)


def _written(
    question: EvalQuestion,
    right: Evidence,
    asked: _Asked,
    teacher: BaseChatModel,
    analyzer: Analyzer,
    number: int,
) -> str | None:
    """What the generator says over the right passage alone, citing it by ``number``, if it is right."""
    lang = language_of(question.text)
    wording = wording_for(lang)
    text = asked.text if "@" in asked.set_name else right.text
    answer = str(teacher.invoke(build_messages(question.text, [right], wording)).text).strip()
    sentences, _ = marked_sentences(answer, 1)
    bare = " ".join(each.text for each in sentences)
    if not bare or is_decline(answer) or language_match(bare, question.lang) == 0.0:
        return None
    if _has_short_answer(question):
        if not is_right(bare, question.answers, question.lang) or not is_brief(bare, question.lang):
            return None
    elif (
        measure_support(bare, text, question.text, analyzer=analyzer).share < _SUPPORTED
        or len(bare) > _LONGEST
    ):
        return None
    space = "" if lang == "zh" else " "
    return space.join(place_marks(each.text, (number,)) for each in sentences)
