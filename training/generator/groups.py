"""Which documents' questions the answering adapter is trained on, and which of their questions."""

import random
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from math import ceil

from eval.datasets import EvalQuestion
from eval.datasets.pool import Pool
from training.generator.written import SUFFIX

# Documents of each set; a set "a@from_b" has a's documents and the questions of b, in the other language.
COUNTS = {
    "xquad_zh": 90,
    "xquad_en": 120,
    "squad2_part": 160,
    "cmrc2018_trial": 40,
    "drcd_test": 160,
    "faq_oss_zh": 10,
    "faq_oss_en": 10,
    "xquad_zh@from_en": 12,
    "xquad_en@from_zh": 12,
    "faq_oss_zh@from_en": 5,
    "faq_oss_en@from_zh": 5,
}
_ANSWERED, _NEARLY = 6, 4  # questions of a document that it answers, and that it only nearly answers
REPEATED = 0.1  # of those documents, where there are written questions to learn from
_REMOVED = 0.2  # of the documents: their questions are asked once more, and they aren't found


@dataclass(frozen=True, slots=True)
class Group:
    """Questions on one document; the evidence is what is found for the first.

    ``text``: the document's, in the questions' language where there is one. ``removed``: it isn't found.
    """

    set_name: str
    questions: tuple[EvalQuestion, ...]
    text: str
    removed: bool

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.set_name} {self.questions[0].id} {self.removed}"


def choose_groups(pool: Pool, ids: Mapping[str, Set[str]], seed: int, share: float = 1.0) -> list[Group]:
    """The documents whose questions are asked, and which; of all sets in turns.

    ``share``: of the documents that are asked about otherwise; all that questions were written on are.
    """
    texts = {each.id: each.text for each in pool.documents}
    chosen: list[tuple[float, Group]] = []
    for eval_set in pool.sets:
        by_document: dict[str, list[EvalQuestion]] = defaultdict(list)
        for each in eval_set.questions:
            document = min(each.gold) if each.gold else each.near_document
            if each.id in ids[eval_set.name] and document:
                by_document[document].append(each)
        order = sorted(by_document)
        random.Random(f"{seed} {eval_set.name}").shuffle(order)
        written = eval_set.name.endswith(SUFFIX)
        count = len(order) if written else min(ceil(share * COUNTS.get(eval_set.name, 0)), len(order))
        for place, document in enumerate(order[:count]):
            chance = random.Random(f"{seed} {eval_set.name} {document}")
            all_of_it = by_document[document]
            answered = [each for each in all_of_it if each.answerable]
            nearly = [each for each in all_of_it if not each.answerable]
            if not written:
                answered = chance.sample(answered, min(_ANSWERED, len(answered)))
                nearly = chance.sample(nearly, min(_NEARLY, len(nearly)))
            both = chance.sample([*answered, *nearly], len(answered) + len(nearly))
            crossing = "@" in eval_set.name
            own = sorted(pool.parallel_of(frozenset({document}))) if crossing else []
            text = "\n".join(texts[each] for each in own) or texts[document]
            chosen.append((place / count, Group(eval_set.name, tuple(both), text, removed=False)))
            if answered and not written and chance.random() < _REMOVED:
                chosen.append((place / count, Group(eval_set.name, tuple(answered), text, removed=True)))
    return [group for _, group in sorted(chosen, key=lambda each: each[0])]
