"""Making questions from a knowledge base: write, check, ask back; then the near misses."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from langchain_core.documents import Document

from eval.generate.checks import ambiguity, objection
from eval.generate.duplicates import Duplicates
from eval.generate.near_misses import near_misses
from eval.generate.passages import Focus, choose_passages, sentences_to_ask
from eval.generate.question_prompt import head_messages, parse_reply, wording_for, writing_messages
from eval.generate.round_trip import round_trip
from eval.generate.tries import GeneratePlan, Try
from eval.spans import find_span
from rag.answering import prompt
from rag.answering.drafting import trained_for
from rag.errors import EvalError, GenerationError, RagError
from rag.knowledge_base import View
from rag.models.generator import Generator
from rag.passage import metadata_of

_TRIES = 8  # of a wanted question; a generator that fails more often won't get there
_FEWEST_TRIES = 40


def generate_questions(
    view: View,
    generator: Generator,
    plan: GeneratePlan,
    *,
    earlier: Sequence[Try] = (),
    left_out: Counter[str] | None = None,
) -> Iterator[Try]:
    """Yield tries until the plan's questions are there, or nothing is left to try.

    A try that succeeds has a record with the keys that `eval.datasets.questions` reads, and beside them
    ``passage`` (its id) and ``span``, the answer's place: code points into the document's stored text. With
    the same plan, generator and knowledge base, going on after ``earlier`` tries ends as one run would.

    Args:
        view: what is asked about.
        generator: writes the questions, and answers them for the check.
        plan: how many questions of which kind.
        earlier: the tries of a run that was stopped.
        left_out: counts are added to it of the passages that aren't asked about, by reason.

    Raises:
        EvalError: the generator can't write, or the knowledge base holds nothing to ask about.
        GenerationError: the generator failed.
    """
    if generator.abilities.quoting is not None:
        raise EvalError(
            "this generator picks sentences and writes no questions; name another with --generator"
        )
    choice = choose_passages(view, plan.seed)
    if left_out is not None:
        left_out.update(choice.left_out)
    if not choice.focuses:
        raise EvalError(
            f"the knowledge base {view.folder} has no passage to ask about; "
            "`python -m rag documents` lists what it holds"
        )
    done = {each.focus for each in earlier}
    accepted = [each.record for each in earlier if each.record is not None and each.kind == "generated"]
    tries = sum(each.kind == "generated" for each in earlier)
    duplicates = Duplicates()
    for record in accepted:
        duplicates.add(record)
    maker = _Maker(view, generator, plan, duplicates)
    for focus in choice.focuses:
        if len(accepted) >= plan.answerable or tries >= max(_FEWEST_TRIES, _TRIES * plan.answerable):
            break
        if focus.name in done:
            continue
        made = maker.make(focus, len(accepted) + 1)
        tries += 1
        if made.record is not None:
            accepted.append(made.record)
            duplicates.add(made.record)
        yield made
    made_already = sum(each.record is not None and each.kind == "near-miss" for each in earlier)
    asked = {str(each.record["text"]) for each in earlier if each.record is not None}
    if made_already < plan.near_misses:
        for record, miss in near_misses(accepted, view, plan.seed):
            if made_already >= plan.near_misses:
                break
            if str(record["id"]) in done:
                continue
            if miss is None:
                yield Try("near-miss", str(record["id"]), "nothing in it that can be replaced")
            elif miss["text"] in asked:
                yield Try("near-miss", str(record["id"]), "asked before, word for word")
            else:
                made_already += 1
                asked.add(miss["text"])
                yield Try(
                    "near-miss", str(record["id"]), record={"id": f"near-miss-{made_already:04}", **miss}
                )


class _Maker:
    """Makes one question after another."""

    def __init__(
        self,
        view: View,
        generator: Generator,
        plan: GeneratePlan,
        duplicates: Duplicates,
    ) -> None:
        self._view = view
        with view.contents() as contents:
            self._analyzer = contents.analyzer
        self._generator = generator
        self._plan = plan
        self._duplicates = duplicates
        self._warm: set[str] = set()

    def make(self, focus: Focus, number: int) -> Try:
        with self._view.contents() as contents:
            found = contents.passages([focus.passage_id])
        if not found:
            return Try("generated", focus.name, "the passage is gone")
        reply = self._write(found[0], focus)
        return replace(self._judge(found[0], focus, reply, number), reply=reply)

    def _write(self, passage: Document, focus: Focus) -> str:
        language = metadata_of(passage)["lang"]
        warm = self._generator.abilities.warm
        if warm is not None and language not in self._warm:
            # Two prompts take turns, and a local model reads the fixed beginning of each only once.
            warm(head_messages(wording_for(language)))
            wording = prompt.wording_for(language)
            warm(prompt.head_messages(wording, examples=trained_for(self._generator, wording) is None))
            self._warm.add(language)
        messages = writing_messages(passage, sentences_to_ask(passage)[focus.sentence])
        try:
            return str(self._generator.invoke(messages).text)
        except RagError:
            raise
        except Exception as error:  # whatever a provider's client raises
            raise GenerationError(
                f"the generator {self._generator.model_name} failed: {error}; "
                "check the [generator] section of rag.toml"
            ) from error

    def _judge(self, passage: Document, focus: Focus, reply: str, number: int) -> Try:
        draft = parse_reply(reply)
        if draft is None:
            return Try("generated", focus.name, "no question and answer in the reply")
        span = find_span(passage.page_content, draft.answer)
        if span is None:
            return Try("generated", focus.name, "the answer doesn't stand in the passage")
        answer = passage.page_content[span.start : span.end]
        metadata = metadata_of(passage)
        record = {
            "id": f"generated-{number:04}",
            "text": draft.question,
            "lang": metadata["lang"],
            "answers": [answer],
            "sources": [metadata["source"]],
            "page": metadata["page"],
            "answerable": True,
            "kind": "generated",
            "passage": focus.passage_id,
            "span": [metadata["start"] + span.start, metadata["start"] + span.end],
        }
        # The cheap checks first; the generator is asked last.
        reason = (
            objection(draft, passage, span)
            or self._duplicates.reason(record)
            or ambiguity(draft.question, answer, passage, self._view)
            or round_trip(
                draft.question,
                answer,
                passage,
                self._generator,
                self._analyzer,
                self._plan.evidence_tokens,
            )
        )
        return Try("generated", focus.name, reason, None if reason else record)
