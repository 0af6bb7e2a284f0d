"""What the answering adapter is trained on: questions of fit halves, what is read for them, what to say.

The questions on one document are asked over the same evidence, the one that the product's own search finds
and packs for one of them among the documents of the fit halves: so those that the evidence answers stand
beside those that it nearly answers, and it is read once for all. What to say is the right answer by itself,
in the document's words, where that is short; else what the generator itself, as it comes, says over the
right document alone. Where the evidence doesn't hold the answer, what to say is that it doesn't.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from langchain_core.documents import Document
from tqdm import tqdm

from eval.corpora import open_corpus
from eval.datasets import EvalQuestion, read_beir
from eval.datasets.pool import left_out, pool_sets
from eval.datasets.splits import for_training, kept_from_training, split_halves
from eval.measures.answers import contains_answer, is_brief
from rag.answer import Question
from rag.answering.citing import marked_sentences
from rag.answering.evidence import Evidence, pack_evidence
from rag.answering.prompt import build_messages, wording_for
from rag.build import build_embeddings, build_retriever
from rag.filter import EVERYTHING, Filter
from rag.passage import metadata_of
from rag.questions.inquiry import understand
from rag.settings import load_settings
from rag.text.analysis import Analyzer
from rag.text.language import language_of
from rag.text.marks import place_marks
from training.generator.groups import REPEATED, Group, choose_groups
from training.generator.teacher import Lesson, has_short_answer, write_answers
from training.generator.written import written_sets

_BUDGETS = (120, 200, 240, 240, 320)  # tokens of evidence, one of them by chance
SHUFFLED = 0.4  # of the groups: the passages aren't read in the order in which they were found
_TITLED = 0.5  # of the groups: each passage is read with its document's title

Kind = Literal["written", "alone", "known", "decline"]
_DECLINE: Kind = "decline"


@dataclass(frozen=True, slots=True)
class Case:
    """What is read and what is to be said. ``prompt`` is the last message, instructions not included.

    Cases of one ``group`` are in one language and their prompts differ in the question alone; "" is a case by
    itself. ``removed``: the documents that hold the answer weren't found on purpose.
    """

    set_name: str
    question: str
    lang: str
    prompt: str
    target: str
    kind: Kind
    removed: bool = False
    group: str = ""


def read_cases(file: Path) -> list[Case]:
    """The cases in a file."""
    with file.open(encoding="utf-8") as lines:
        return [Case(**json.loads(line)) for line in lines]


def collect_cases(
    folders: Sequence[Path],
    file: Path,
    model: str,
    seed: int = 0,
    written: Path | None = None,
    *,
    kept: bool = False,
) -> list[Case]:
    """Ask the questions of the fit halves that may be trained on, or those ``kept`` from it, to measure.

    What isn't known in short is written by ``model``. A run into ``file`` that was stopped goes on. Neither
    questions nor documents of report halves take part. With a file of ``written`` questions
    (`training.generator.written`), all of those and fewer of the sets' own.
    """
    known = {each.group for each in read_cases(file)} if file.exists() else set()
    sets = [each for folder in folders for each in read_beir(folder)]
    if written:
        sets += written_sets(sets, written)
    titles = {each.id: each.title for eval_set in sets for each in eval_set.documents}
    halves = split_halves(sets)
    pool = pool_sets(halves.fit, limit=None)
    usable = kept_from_training(halves) if kept else for_training(halves)
    chosen = choose_groups(pool, usable, seed, REPEATED if written else 1.0)
    groups = [each for each in chosen if each.name not in known]
    said = _what_to_say(groups, file.with_suffix(".answers.jsonl"), model)
    settings = load_settings(None).override("faq", enabled=False)
    embeddings = build_embeddings(settings)
    analyzer = Analyzer()
    with (
        open_corpus(pool.documents, embeddings, embeddings.fingerprint, settings.splitter) as kb,
        file.open("a", encoding="utf-8") as out,
    ):
        retriever = build_retriever(settings, kb.view(EVERYTHING), embeddings)
        for group in tqdm(groups, desc="cases", unit="group", file=sys.stderr):
            chance = random.Random(f"{seed} {group.name}")
            hidden = frozenset().union(*(left_out(each, pool) for each in group.questions))
            if group.removed:
                hidden |= frozenset().union(*(each.gold for each in group.questions))
            asked = group.questions[0].text
            inquiry = understand(Question(asked, filter=Filter().excluding(hidden)))
            found = retriever.search(inquiry)
            read = replace(inquiry, parts=())
            evidence = pack_evidence(read, found, analyzer=analyzer, budget=chance.choice(_BUDGETS))
            evidence = _varied(evidence, titles, chance)
            for case in cases_of(group, evidence, said):
                out.write(json.dumps(asdict(case), ensure_ascii=False) + "\n")
            out.flush()
    return read_cases(file)


def cases_of(
    group: Group, evidence: Sequence[Evidence], said: Mapping[tuple[str, str], tuple[str, Kind]]
) -> Iterator[Case]:
    """What to say to each question of a group, those left out where that isn't sure.

    ``said``: by set and question, what to say where the evidence holds the answer, without marks.
    """
    lang = language_of(group.questions[0].text)
    wording = wording_for(lang)
    for question in group.questions:
        if language_of(question.text) != lang:
            continue  # it is told in other words, so it isn't of this group
        held = [each for each in evidence if metadata_of(each.passage)["source"] in question.gold]
        if has_short_answer(question):
            holding = [each for each in evidence if contains_answer(each.text, question.answers)]
            if "@" not in group.set_name:
                held = [each for each in held if each in holding]
            if not held and holding:
                continue  # another text may say it, too, or only have its words
        target, kind = wording.decline, _DECLINE
        if question.answerable and held:
            bare, kind = said.get((group.set_name, question.id), ("", _DECLINE))
            if not bare:
                continue
            target = _marked(bare, evidence.index(held[0]) + 1, lang)
        prompt = str(build_messages(question.text, evidence, wording)[-1].content)
        yield Case(group.set_name, question.text, lang, prompt, target, kind, group.removed, group.name)


def _what_to_say(groups: Sequence[Group], file: Path, model: str) -> dict[tuple[str, str], tuple[str, Kind]]:
    """By set and question, the answer that is to be learned and what made it; without marks."""
    lessons = [
        Lesson(group.set_name, question, group.text)
        for group in groups
        for question in group.questions
        if question.answerable and not group.removed
    ]
    said: dict[tuple[str, str], tuple[str, Kind]] = {
        each.key: (text, "alone") for each in lessons if (text := alone(each.question))
    }
    rest = [each for each in lessons if each.key not in said]
    written = write_answers(rest, file, model)
    return said | {each.key: (written[each.key], "written") for each in rest if written.get(each.key)}


def alone(question: EvalQuestion) -> str:
    """A right answer as a text of its own, "" where none is short: what most say, or of these the longest."""
    lang = language_of(question.text)
    short = [each.strip(" \n，。、；,;.") for each in question.answers if is_brief(each, lang)]
    votes = Counter(each for each in short if each)
    if not votes:
        return ""
    best = max(votes, key=lambda each: (votes[each], len(each)))
    first, _, _ = best.partition(" ")
    if first.isascii() and first.isalpha() and first.islower():
        best = best[0].upper() + best[1:]
    return f"{best}{'。' if lang == 'zh' else '.'}"


def _marked(text: str, number: int, lang: str) -> str:
    sentences, _ = marked_sentences(text, 1)
    return ("" if lang == "zh" else " ").join(place_marks(each.text, (number,)) for each in sentences)


def _varied(evidence: list[Evidence], titles: Mapping[str, str], chance: random.Random) -> list[Evidence]:
    """The evidence as other knowledge bases might give it: with titles, in another order."""
    if chance.random() < _TITLED:
        evidence = [replace(each, passage=_titled(each.passage, titles)) for each in evidence]
    if chance.random() < SHUFFLED:
        chance.shuffle(evidence)
    return evidence


def _titled(passage: Document, titles: Mapping[str, str]) -> Document:
    source = metadata_of(passage)["source"]
    title = "" if source.startswith("faq") else titles.get(source, "")  # a question's own words
    return passage.model_copy(update={"metadata": {**passage.metadata, "context": title}})
