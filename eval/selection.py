"""Which questions a run asks, and of what: sets, sampled, each on its corpus."""

import hashlib
import logging
import random
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from langchain_core.embeddings import Embeddings

from eval.corpora import contents_digest, open_corpus, open_folder
from eval.datasets.pool import QUESTIONS_PER_SET, Pool, left_out, pool_sets, remove_gold
from eval.datasets.records import EvalQuestion, EvalSet
from eval.datasets.splits import kept_from_training, split_halves
from rag.errors import EvalError
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.models.fingerprint import EmbedderFingerprint
from rag.settings import Settings

logger = logging.getLogger(__name__)

Half = Literal["fit", "kept", "report"]
_CUT_ALREADY = 0.25  # of a set's questions gone with another's: more than chance copies, about its half


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sets and what they are asked of: a pool's documents, a folder of files, or a knowledge base."""

    sets: tuple[EvalSet, ...]
    pool: Pool | None = None
    folder: Path | None = None
    knowledge_base: Path | None = None

    @property
    def has_files(self) -> bool:
        """Whether the documents were read from files, so that reading them may have lost something."""
        return self.pool is None

    def open(
        self, settings: Settings, embeddings: Embeddings, fingerprint: EmbedderFingerprint
    ) -> KnowledgeBase:
        """The corpus as a knowledge base, made if there is none yet.

        Raises:
            RagError: it can't be made, or was made with another embedder.
        """
        if self.pool is not None:
            return open_corpus(self.pool.documents, embeddings, fingerprint, settings.splitter)
        if self.folder is not None:
            return open_folder(self.folder, embeddings, fingerprint, settings)
        assert self.knowledge_base is not None
        return KnowledgeBase.open(self.knowledge_base, fingerprint=fingerprint)

    def left_out(self, question: EvalQuestion) -> frozenset[str]:
        """The documents that take no part in a question's ranking."""
        return left_out(question, self.pool) if self.pool is not None else frozenset()

    def parallel_of(self, documents: Set[str]) -> frozenset[str]:
        """The documents that are the same text as one of these, in another language."""
        return self.pool.parallel_of(documents) if self.pool is not None else frozenset()

    def fingerprints(self) -> dict[str, str]:
        """Set → the SHA-256 (hex) of what its figures depend on: questions, judgements, documents."""
        if self.pool is not None:
            corpus = self.pool.fingerprint
        elif self.knowledge_base is not None:
            with (
                KnowledgeBase.open(self.knowledge_base) as kb,
                kb.view(EVERYTHING).contents() as contents,
            ):
                corpus = contents_digest(contents)
        else:
            corpus = ""  # the set's own fingerprint has the files'
        return {
            each.name: hashlib.sha256(f"{each.fingerprint} {corpus}".encode()).hexdigest()
            for each in self.sets
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """Sets to ask, each alone or all pooled.

    ``sample`` questions of each set are drawn with ``seed``, as many of those that can't be answered as is
    their share; without it, the first 1,000 are asked. Half of the documents of the sets named in
    ``removed`` are taken out of the pool, so that the questions on them can't be answered. The documents of
    the sets ``beside`` are in the pool, but their questions aren't asked. With a ``half``, only questions on
    that half of each set are asked (`eval.datasets.splits`), still of all documents; of "kept", those of the
    fit half that nothing is trained on.
    """

    sets: Sequence[EvalSet]
    pooled: bool = False
    sample: int | None = None
    seed: int = 0
    removed: Sequence[str] = ()
    beside: Sequence[EvalSet] = ()
    half: Half | None = None

    def corpora(self, *, unanswerable: bool) -> list[Corpus]:
        """The corpora with the sampled sets on them.

        Args:
            unanswerable: ask questions that can't be answered, too.

        Raises:
            EvalError: the sets can't be pooled, or one to be cut isn't there.
        """
        if self.beside and not self.pooled:
            raise EvalError("sets that are only to be in the pool need one; add --pool")
        names = {each.name for each in (*self.sets, *self.beside) if each.documents}
        if unknown := [name for name in self.removed if name not in names]:
            raise EvalError(f"there is no set of texts {unknown[0]} to remove from; correct --remove-gold")
        made = []
        texts: dict[str, list[EvalSet]] = defaultdict(list)
        asked = {each.name for each in self.sets}
        for each in self.sets:
            if each.folder is None and each.knowledge_base is None:
                texts["" if self.pooled else each.name.partition("@")[0]].append(each)
            elif self.pooled:
                raise EvalError(f"{each.name} is about files and can't be pooled; run it without --pool")
            else:
                made.append(Corpus((each,), folder=each.folder, knowledge_base=each.knowledge_base))
        halves = self._in_half()
        whole = self.sample is None and self.half is None
        limit = QUESTIONS_PER_SET if whole else None
        for group in texts.values():
            group += [each for each in self.beside if each.name not in asked]
            pool = pool_sets(group, limit=limit)
            for name in self.removed:
                if any(each.name == name for each in pool.sets):
                    pool = _cut(pool, name, self.seed)
            made.append(Corpus(tuple(each for each in pool.sets if each.name in asked), pool=pool))
        chosen = []
        for corpus in made:
            sets = tuple(
                self._sampled(_only(each, halves.get(each.name)), unanswerable) for each in corpus.sets
            )
            pool_of = replace(corpus.pool, sets=sets) if corpus.pool is not None else None
            chosen.append(replace(corpus, sets=sets, pool=pool_of))
            for each in sets:
                if not each.questions:
                    logger.warning("no question of %s is asked: none is left of what was chosen", each.name)
        return chosen

    def _in_half(self) -> dict[str, set[str]]:
        """The ids of the questions on the half, by set; questions about files say themselves where they are.

        Raises:
            EvalError: questions about files don't say which half they belong to (``"split"``).
        """
        if self.half is None:
            return {}
        found = {}
        for each in self.sets:
            if not each.documents:
                split = "fit" if self.half == "kept" else self.half
                found[each.name] = {question.id for question in each.questions if question.split == split}
                if not found[each.name]:
                    raise EvalError(
                        f'no question of {each.name} has "split": "{split}"; say so in the file, or '
                        "leave --half out"
                    )
        texts = [each for each in (*self.sets, *self.beside) if each.documents]
        halves = split_halves(list({each.name: each for each in texts}.values()))
        if self.half == "kept":
            return found | {name: set(ids) for name, ids in kept_from_training(halves).items()}
        parts = halves.report if self.half == "report" else halves.fit
        return found | {each.name: {question.id for question in each.questions} for each in parts}

    def _sampled(self, eval_set: EvalSet, unanswerable: bool) -> EvalSet:
        # Texts come with judgements, and what has none is passed over; questions on files may have none.
        on_files = unanswerable and not eval_set.documents
        judged = [each for each in eval_set.questions if each.gold or (on_files and each.answerable)]
        lost = [
            each
            for each in eval_set.questions
            # What another set's cut has made unanswerable tells nothing of this set's own.
            if not each.answerable and (each.kind != "removed" or eval_set.name in self.removed)
        ]
        if not unanswerable:
            lost = []
        if self.sample is not None and self.sample < len(judged) + len(lost):
            few = round(self.sample * len(lost) / (len(judged) + len(lost)))
            judged = _drawn(judged, self.sample - few, f"{self.seed} {eval_set.name} answerable")
            lost = _drawn(lost, few, f"{self.seed} {eval_set.name} unanswerable")
        ids = {each.id for each in (*judged, *lost)}
        return replace(eval_set, questions=tuple(each for each in eval_set.questions if each.id in ids))


def _only(eval_set: EvalSet, ids: set[str] | None) -> EvalSet:
    if ids is None:
        return eval_set
    return replace(eval_set, questions=tuple(each for each in eval_set.questions if each.id in ids))


def _drawn(questions: Sequence[EvalQuestion], count: int, seed: str) -> list[EvalQuestion]:
    return random.Random(seed).sample(list(questions), min(count, len(questions)))


def _cut(pool: Pool, name: str, seed: int) -> Pool:
    """Take half of a set's documents out, unless another set's cut (of parallel text) did so already."""
    chosen = next(each for each in pool.sets if each.name == name)
    lost = sum(each.kind == "removed" for each in chosen.questions)
    there = sum(bool(each.gold) for each in chosen.questions)
    return pool if lost >= _CUT_ALREADY * (lost + there) else remove_gold(pool, name, seed=seed)
