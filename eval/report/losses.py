"""Where answers are lost: the stages of the pipeline, how many questions each loses, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.report.recorded import Line, Part, RecordedRun

CUT = 10  # documents that a ranking is judged by where no answers were asked

# In the order of the pipeline: what to do about each.
ADVICE = {
    "failed": "Read the errors under “Failures”; a question that fails is a defect, whatever the settings.",
    "not in the corpus": "The document with the evidence isn't in the knowledge base: ingest it, or drop the "
    "question from the set.",
    "not extracted": "The document is there, but its evidence isn't in the text that was read out of it: "
    "look at the reader of its format, and at OCR for pages that are pictures.",
    "split": "The evidence is cut apart at a passage's edge: lengthen passages (`splitter.target_tokens`), "
    "or look at how their edges are chosen.",
    "not retrieved": "No search brought up the evidence: compare the dense and the lexical ranking of these "
    "questions, raise `retrieval.candidates`, or try another embedder.",
    "ranked below the cut": "The evidence was found but ranked too low: improve the ranking (fusion, "
    "the reader), or raise `reader.passages`.",
    "not packed": "The evidence made the cut, but the generator never got to read it: raise "
    "`answering.evidence_tokens`, or choose its sentences better.",
    "wrongly refused": "The evidence was read and the answer refused all the same: look at the rule for "
    "refusals and at the confidence of these questions.",
    "misread": "The evidence was read and the answer is wrong: look at the prompt, or try a "
    "stronger generator.",
    "mis-cited": "The answer is right, but cites the wrong documents: look at how sentences are matched to "
    "passages.",
    "answered without evidence": "The documents hold no answer, yet one was given: make refusals stricter, "
    "and check that each sentence is supported.",
}
_ORDER = (*ADVICE, "not judged")


@dataclass(frozen=True, slots=True)
class Loss:
    """The questions of one set and language that were lost at one stage.

    ``share`` is their share of all questions that the system lost in this part of the run.
    """

    anchor: str
    stage: str
    set_name: str
    lang: str
    lines: tuple[Line, ...]
    share: float

    @property
    def count(self) -> int:
        """How many questions."""
        return len(self.lines)

    @property
    def advice(self) -> str:
        """What to do about the stage, in a sentence."""
        return ADVICE.get(self.stage, "This stage isn't one of the pipeline's; see the run's lines.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one system did in one part of a run, and its losses, largest first.

    ``answerable`` and ``right`` count questions that have an answer, ``unanswerable`` and ``false_answers``
    those without; ``not_judged`` counts those whose gold data can't tell. In the part "retrieval", right is a
    question with a relevant document among the first ``CUT``, and only sets are taken on which the system
    wasn't asked for answers. ``evidence`` is "retrieved", "gold" or "none": what the system answers from.
    """

    system: str
    part: Part
    evidence: str
    sets: tuple[str, ...]
    answerable: int
    right: int
    unanswerable: int
    false_answers: int
    not_judged: int
    failed: int
    losses: tuple[Loss, ...]

    @property
    def wrong(self) -> int:
        """How many questions were lost anywhere."""
        return sum(loss.count for loss in self.losses)


def judge(run: RecordedRun) -> list[Verdict]:
    """Each system's verdicts: those on answers first, then those on rankings alone.

    The first is the one to be made better: the system "default", else the one with the most right of those
    that retrieve. Systems that are given the gold passages, or none, are bounds and come last.
    """
    found = []
    for place, system in enumerate(run.systems):
        answers = run.of("answers", system)
        rankings = {name: lines for name, lines in run.of("retrieval", system).items() if name not in answers}
        lines: dict[Part, dict[str, Sequence[Line]]] = {"answers": answers, "retrieval": rankings}
        found += [
            _judge(system, part, run.evidence(system), sets, f"lost-{place}-{part}")
            for part, sets in lines.items()
            if sets
        ]
    return sorted(found, key=_precedence)


def lost_at(line: Line, part: Part) -> str | None:
    """The stage that lost a line's question; None where nothing was lost, "not judged" where none can say."""
    if part == "retrieval":
        return _lost_in_ranking(line)
    lost = line.get("lost")
    if lost is None and line.get("error"):
        return "failed"
    scores = line["scores"]
    if lost is None and line.get("answerable", True) and scores.get("right") is scores.get("cited") is None:
        return "not judged"
    return None if lost is None else str(lost)


def waterfall(lines: Sequence[Line]) -> list[tuple[str, int]]:
    """From all answerable questions, stage by stage, to those right and rightly cited, in ``lines``' answers.

    Stages that lost nothing are 0; "failed" and "not judged" are left out where they are.
    """
    answerable = [line for line in lines if line.get("answerable", True)]
    stages = [lost_at(line, "answers") for line in answerable]
    unknown = sorted({stage for stage in stages if stage is not None and stage not in _ORDER})
    steps = [("answerable", len(answerable))]
    for stage in (*_ORDER, *unknown):
        count = stages.count(stage)
        optional = stage in ("failed", "not judged", "answered without evidence")
        if count or not optional:
            steps.append((stage, count))
    return [*steps, ("right and cited", stages.count(None))]


def _judge(system: str, part: Part, evidence: str, sets: dict[str, Sequence[Line]], anchor: str) -> Verdict:
    groups: dict[tuple[str, str, str], list[Line]] = {}
    answerable = right = unanswerable = not_judged = 0
    for set_name, lines in sets.items():
        for line in lines:
            stage = lost_at(line, part)
            if stage == "not judged":
                not_judged += 1
                continue
            if part == "answers" and not line.get("answerable", True):
                unanswerable += 1
            else:
                answerable += 1
                right += stage is None
            if stage is not None:
                groups.setdefault((stage, set_name, line.get("lang") or "–"), []).append(line)
    wrong = sum(map(len, groups.values()))
    ranked = sorted(groups.items(), key=lambda each: (-len(each[1]), _place(each[0][0]), each[0]))
    losses = [
        Loss(f"{anchor}-{number}", *key, tuple(lines), len(lines) / wrong)
        for number, (key, lines) in enumerate(ranked, start=1)
    ]
    return Verdict(
        system=system,
        part=part,
        evidence=evidence,
        sets=tuple(sets),
        answerable=answerable,
        right=right,
        unanswerable=unanswerable,
        false_answers=sum(loss.count for loss in losses if loss.stage == "answered without evidence"),
        not_judged=not_judged,
        failed=sum(loss.count for loss in losses if loss.stage == "failed"),
        losses=tuple(losses),
    )


def _lost_in_ranking(line: Line) -> str | None:
    if line.get("error"):
        return "failed"
    relevant = set(line.get("relevant") or ())
    if not relevant:
        return "not judged"
    places = [place for place, (document, _) in enumerate(line["ranking"]) if document in relevant]
    if not places:
        return "not retrieved"
    return None if places[0] < CUT else "ranked below the cut"


def _place(stage: str) -> int:
    return _ORDER.index(stage) if stage in _ORDER else len(_ORDER)


def _precedence(verdict: Verdict) -> tuple[str, bool, bool, float]:
    rate = verdict.right / verdict.answerable if verdict.answerable else 0.0
    return verdict.part, verdict.evidence != "retrieved", verdict.system != "default", -rate
