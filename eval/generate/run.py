"""A run of the command that generates questions."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from eval.corpora import contents_digest
from eval.generate.generation import generate_questions
from eval.generate.output import Output
from eval.generate.tries import GeneratePlan, Try
from rag.build import build_generator
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.models.generator import Generator
from rag.settings import Settings

VERSION = 1  # of what decides which questions come out: prompts, checks, order


@dataclass(frozen=True, slots=True)
class GenerateSummary:
    """What became of the plan. Counts are over all runs on the file.

    ``tried`` counts what the generator was asked to write. ``discarded`` and ``without_near_miss`` say why
    how many tries came to nothing, ``left_out`` why how many of the knowledge base's passages weren't tried.
    """

    plan: GeneratePlan
    answerable: int
    near_misses: int
    tried: int
    discarded: dict[str, int]
    without_near_miss: dict[str, int]
    left_out: dict[str, int]

    def lines(self) -> list[str]:
        """The summary for a reader, a line each."""
        lines = [
            f"{self.answerable} of {self.plan.answerable} questions with an answer, "
            f"{self.near_misses} of {self.plan.near_misses} near misses",
            f"{self.tried} tries, {sum(self.discarded.values())} discarded",
        ]
        lines.extend(_counted(self.discarded))
        if self.without_near_miss:
            lines.append("no near miss was made from:")
            lines.extend(_counted(self.without_near_miss))
        if self.left_out:
            lines.append("passages left out:")
            lines.extend(_counted(self.left_out))
        if self.answerable < self.plan.answerable:
            lines.append(
                "fewer questions than were asked for: the passages ran out, or too many tries failed; "
                "ask for fewer, or name a larger generator with --generator"
            )
        if self.near_misses < self.plan.near_misses:
            lines.append(
                "fewer near misses than were asked for: too few questions name a code, a year or a "
                "place; ask for more questions, or write some yourself"
            )
        return lines


def run_generate(
    settings: Settings,
    kb_path: Path,
    out: Path,
    *,
    questions: int = 50,
    unanswerable: float = 0.3,
    seed: int = 0,
    generator: Generator | None = None,
) -> GenerateSummary:
    """Generate questions about a knowledge base into ``out``, or go on with it.

    Each question is written as soon as it is there, so stopping loses nothing.

    Args:
        settings: the generator and the evidence budget.
        kb_path: the knowledge base.
        out: JSONL, readable by `eval.datasets`; ``OUT.tries`` beside it says what came of each try.
        questions: how many in all.
        unanswerable: the share of near misses among them.
        seed: decides which passages, words and replacements are drawn.
        generator: in place of the settings'.

    Raises:
        EvalError: the plan is wrong, the file belongs to another plan, or there is nothing to ask about.
        RagError: the knowledge base or the generator can't be opened, or fails.
    """
    plan = GeneratePlan(questions, unanswerable, seed, settings.answering.evidence_tokens)
    with closing(KnowledgeBase.open(kb_path)) as knowledge_base:
        view = knowledge_base.view(EVERYTHING)
        with view.contents() as contents:
            digest, analyzer = contents_digest(contents), contents.analyzer
        facts = {
            "version": VERSION,
            **asdict(plan),
            "generator": settings.generator.model_dump(mode="json", exclude={"device", "dtype"}),
            "knowledge_base": digest,
        }
        output = Output(out, facts)
        generator = generator or build_generator(settings.generator, analyzer=analyzer)
        left_out: Counter[str] = Counter()
        tries = list(output.earlier)
        there = sum(each.record is not None for each in tries)
        with tqdm(
            total=plan.questions, initial=there, unit="question", desc=out.name, file=sys.stderr
        ) as bar:
            for made in generate_questions(view, generator, plan, earlier=output.earlier, left_out=left_out):
                output.add(made)
                tries.append(made)
                bar.update(made.record is not None)
                bar.set_postfix(tries=len(tries), refresh=False)
    return summarize(plan, tries, left_out)


def summarize(plan: GeneratePlan, tries: Sequence[Try], left_out: Counter[str]) -> GenerateSummary:
    """Count what became of the tries."""
    written = [each for each in tries if each.kind == "generated"]
    missed = [each for each in tries if each.kind == "near-miss"]
    return GenerateSummary(
        plan=plan,
        answerable=sum(each.record is not None for each in written),
        near_misses=sum(each.record is not None for each in missed),
        tried=len(written),
        discarded=dict(Counter(each.reason for each in written if each.reason).most_common()),
        without_near_miss=dict(Counter(each.reason for each in missed if each.reason).most_common()),
        left_out=dict(left_out.most_common()),
    )


def _counted(counts: dict[str, int]) -> list[str]:
    return [f"  {count:>5}  {reason}" for reason, count in counts.items()]
