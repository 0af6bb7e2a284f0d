"""What the reader learns from: a question with passages that answer it and passages that look as if they did.

Of the passages that don't answer, some are others of the same document and some are found by words, as our
own lexical search finds them. In a share of the groups nothing answers: the right passage is left out, or the
question asks of it what it doesn't say (`training.reader.near_misses`).
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import opencc

from rag.knowledge_base.index import Batch
from rag.knowledge_base.indexes.tantivy_index import TantivyIndex
from rag.passage import embedding_text
from rag.text.analysis import Analyzer
from rag.text.translation import open_dictionary, translate_terms
from training.reader.near_misses import near_miss
from training.reader.sources import Asked, Passage, Source, Span

REMOVED = 0.12  # of the groups: the right passage is left out
NEAR_MISSES = 0.3  # of the groups with spans: the question is made a near miss, where it can be
THREE = 0.35  # of the groups: three passages rather than two
TRADITIONAL = 0.4  # of the groups in Chinese
MIXED = 0.12  # of the groups in English: words of the question are in Chinese
_FOUND = 12  # passages found by words, of which negatives are chosen


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage that is read. ``spans`` of the answer and sentences of ``evidence`` stand in ``text``.

    ``evidence`` is None where nobody knows which sentences answer.
    """

    context: str
    text: str
    relevant: bool
    spans: tuple[Span, ...] = ()
    evidence: tuple[Span, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A question with passages. ``kind`` as in `rag.models.reader.network.KINDS`; "" where none answers.

    ``made``: "" as published, "removed" or "near miss".
    """

    set_name: str
    question: str
    lang: str
    kind: str
    made: str
    pieces: tuple[Piece, ...]


def read_groups(file: Path) -> list[Group]:
    """The groups in a file that `write_groups` wrote."""
    groups = []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            record["pieces"] = tuple(_piece(each) for each in record["pieces"])
            groups.append(Group(**record))
    return groups


def write_groups(file: Path, groups: Iterable[Group]) -> None:
    """One JSON object a line."""
    with file.open("w", encoding="utf-8") as out:
        for each in groups:
            out.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")


def _piece(record: dict[str, object]) -> Piece:
    spans = {key: record[key] for key in ("spans", "evidence")}
    tuples = {key: None if found is None else tuple(map(tuple, found)) for key, found in spans.items()}  # type: ignore[call-overload]
    return Piece(**(record | tuples))  # type: ignore[arg-type]


class GroupMaker:
    """Makes the groups of a set's questions."""

    def __init__(self, source: Source, seed: int) -> None:
        self._source = source
        self._seed = seed
        self._analyzer = Analyzer()
        self._all = [each for passages in source.passages.values() for each in passages]
        self._names = sorted({each for each in source.titles.values() if 1 < len(each) < 25})
        terms = [self._analyzer.terms(embedding_text(each.context, each.text)) for each in self._all]
        keys = np.arange(len(terms), dtype=np.int64)
        self._found_by_words = TantivyIndex(Path()).in_memory([Batch(keys, terms)])

    def make(self, count: int) -> Iterator[Group]:
        """Groups of at most so many of the questions, chosen by chance."""
        questions = list(self._source.questions)
        random.Random(f"{self._seed} {self._source.name}").shuffle(questions)
        made = 0
        for asked in questions:
            if made == count:
                return
            group = self.of(asked)
            if group is not None:
                made += 1
                yield group

    def of(self, asked: Asked) -> Group | None:
        """The group of a question; None where its answer doesn't stand in one passage."""
        chance = random.Random(f"{self._seed} {self._source.name} {asked.text}")
        wanted = 2 if chance.random() < THREE else 1
        right = [each for name in sorted(asked.relevant) for each in self._right(asked, name)]
        if asked.relevant and not right:
            return None
        question, kind, made = asked.text, asked.kind, ""
        answers = [each.text[a:b] for each in right for a, b in each.spans]
        if not asked.relevant:
            kind, near = "", [each for name in asked.near for each in self._source.passages.get(name, ())]
            pieces = [
                Piece(each.context, each.text, False)
                for each in chance.sample(near, min(len(near), wanted + 1))
            ]
        elif chance.random() < REMOVED:
            kind, made = "", "removed"
            pieces = self._wrong(asked, answers, wanted + 1, chance)
        else:
            gold = chance.choice(right)
            pieces = [gold]
            if gold.spans and asked.kind == "span" and chance.random() < NEAR_MISSES:
                whole = embedding_text(gold.context, gold.text)
                other = near_miss(question, whole, self._names, chance)
                if other is not None:
                    question, kind, made = other, "", "near miss"
                    pieces = [Piece(gold.context, gold.text, False)]
            pieces += self._wrong(asked, answers, wanted if kind else wanted - 1, chance)
        if not pieces:
            return None
        chance.shuffle(pieces)
        group = Group(asked.set_name, question, asked.lang, kind, made, tuple(pieces))
        if asked.lang == "zh" and chance.random() < TRADITIONAL:
            return _in_traditional(group)
        if asked.lang == "en" and chance.random() < MIXED:
            return replace(group, question=_mixed(group.question, self._analyzer, chance))
        return group

    def _right(self, asked: Asked, name: str) -> Iterator[Piece]:
        """The passages of a document that answer."""
        passages = self._source.passages.get(name, [])
        if name != asked.document or not (asked.spans or asked.evidence):
            if asked.kind in ("yes", "no"):
                passages = passages if len(passages) == 1 else []
            for each in passages[:1]:
                yield Piece(each.context, each.text, True, (), None)
            return
        for each in passages:
            spans = _within(asked.spans, each)
            evidence = _within(asked.evidence, each)
            if spans or evidence:
                whole = asked.kind != "list" or len(spans) == len(asked.spans)
                if whole:
                    yield Piece(each.context, each.text, True, spans, evidence or None)

    def _wrong(self, asked: Asked, answers: Sequence[str], count: int, chance: random.Random) -> list[Piece]:
        """Passages that don't answer: of the same document, and such as are found by words."""
        said = [each for each in answers if len(each) > 2]
        own: list[Passage] = []
        if asked.spans:
            own = [
                each
                for each in self._source.passages.get(asked.document, ())
                if not any(each.start < b and a < each.start + len(each.text) for a, b in asked.spans)
            ]
        hits = self._found_by_words.search(self._analyzer.query_terms(asked.text), _FOUND)
        found = [self._all[hit.key] for hit in hits]
        found = [
            each for each in found if each.document not in asked.relevant and each.document != asked.document
        ]
        chosen: list[Passage] = []
        for pool in chance.sample([own, found, found], 3):
            usable = [
                each
                for each in pool
                if not any(answer in each.text for answer in said) and each not in chosen
            ]
            if usable and len(chosen) < count:
                chosen.append(chance.choice(usable))
        return [Piece(each.context, each.text, False) for each in chosen]


def _within(spans: Sequence[Span], passage: Passage) -> tuple[Span, ...]:
    start, end = passage.start, passage.start + len(passage.text)
    inside = {(a - start, b - start) for a, b in spans if start <= a and b <= end and b > a}
    return tuple(sorted(inside))


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def _in_traditional(group: Group) -> Group:
    """The group in traditional characters, where that leaves every character in its place."""
    convert = _to_traditional().convert
    pieces = []
    for each in group.pieces:
        text = convert(each.text)
        if len(text) != len(each.text):
            return group
        pieces.append(replace(each, text=text, context=convert(each.context)))
    return replace(group, question=convert(group.question), pieces=tuple(pieces))


def _mixed(question: str, analyzer: Analyzer, chance: random.Random) -> str:
    """The question with half of its words in Chinese, as the dictionary has them."""
    dictionary = open_dictionary(Analyzer())
    if dictionary is None:
        return question
    words = question.split(" ")
    groups = {each.word: each for each in translate_terms(question, analyzer, dictionary)}
    for index, word in enumerate(words):
        term = next(iter(analyzer.terms(word)), "")
        group = groups.get(term)
        if group is not None and chance.random() < 0.6 and not term.isdigit():
            words[index] = "".join(chance.choice(group.translations[:2]))
    return " ".join(words)
