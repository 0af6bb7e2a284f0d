"""Cases on synthetic documents: ingested, searched and packed as users' are."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from eval.corpora import open_folder
from rag.answer import Question
from rag.answering.citing import resolve_answer
from rag.answering.evidence import Evidence, pack_evidence
from rag.answering.prompt import build_messages, wording_for
from rag.build import build_embeddings, build_retriever
from rag.filter import EVERYTHING, Filter
from rag.passage import metadata_of
from rag.questions.inquiry import understand
from rag.settings import load_settings
from rag.text.analysis import Analyzer
from rag.text.marks import place_marks
from training.generator.cases import SHUFFLED, Case
from training.generator.synthetic_questions import Fact, SyntheticQuestion, synthetic_questions

_BUDGETS = (160, 240, 240, 360)


def synthetic_cases(rounds: int, seed: int) -> list[Case]:
    """What is read and to be said for the questions of so many rounds of documents."""
    with TemporaryDirectory() as folder:
        return [
            case
            for number in range(rounds)
            for case in _cases_of(Path(folder) / str(number), seed * rounds + number)
        ]


def _cases_of(folder: Path, seed: int) -> Iterator[Case]:
    questions = synthetic_questions(folder / "documents", seed)
    settings = load_settings(None).override("faq", enabled=False)
    embeddings = build_embeddings(settings)
    analyzer = Analyzer()
    documents = folder / "documents"
    with open_folder(documents, embeddings, embeddings.fingerprint, settings, folder / "kb") as kb:
        retriever = build_retriever(settings, kb.view(EVERYTHING), embeddings)
        for each in questions:
            chance = random.Random(f"{seed} {each.text} {bool(each.hidden)}")
            inquiry = understand(Question(each.text, filter=Filter().excluding(each.hidden)))
            found = retriever.search(inquiry)
            read = replace(inquiry, parts=())
            evidence = pack_evidence(read, found, analyzer=analyzer, budget=chance.choice(_BUDGETS))
            if chance.random() < SHUFFLED:
                chance.shuffle(evidence)
            case = _case(each, evidence, analyzer)
            if case is not None:
                yield case


def _case(question: SyntheticQuestion, evidence: Sequence[Evidence], analyzer: Analyzer) -> Case | None:
    """What to say, or None where only a part of it is read or the check of answers would object."""
    wording = wording_for(question.lang)
    prompt = str(build_messages(question.text, evidence, wording)[-1].content)

    def case(target: str, kind: Literal["known", "decline"]) -> Case:
        return Case("synthetic", question.text, question.lang, prompt, target, kind, bool(question.hidden))

    places = [_place(each, evidence) for each in question.facts]
    if not any(number or partly for number, partly in places):
        return case(wording.decline, "decline")
    if not all(number for number, _ in places) or question.hidden:
        return None
    space = "" if question.lang == "zh" else " "
    marked = [
        place_marks(each.alone if len(places) == 1 and each.alone else each.said, (number,))
        for each, (number, _) in zip(question.facts, places, strict=True)
    ]
    target = space.join(marked)
    passages = [each.passage for each in evidence]
    resolved = resolve_answer(target, passages, understand(question.text), analyzer=analyzer)
    cited = [number for each in resolved.sentences for number in each.citations]
    if resolved.removed or cited != [number for number, _ in places]:
        return None
    return case(target, "known")


def _place(fact: Fact, evidence: Sequence[Evidence]) -> tuple[int, bool]:
    """The number of the passage that holds a fact, 0 if none does, and whether one holds a part of it."""
    partly = False
    for number, each in enumerate(evidence, start=1):
        if metadata_of(each.passage)["source"] != fact.source:
            continue
        lines = each.text.splitlines()
        held = [any(all(part in line for part in needle) for line in lines) for needle in fact.needles]
        if all(held):
            return number, True
        partly = partly or any(held)
    return 0, partly
