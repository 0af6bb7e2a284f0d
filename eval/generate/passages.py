"""Which passages are asked about, and in which order."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from langchain_core.documents import Document

from rag.knowledge_base import View
from rag.passage import metadata_of
from rag.text.language import approximate_tokens
from rag.text.sentences import Span, split_sentences
from rag.text.similarity import text_key

_FEWEST_TOKENS = 15  # of a passage: a heading by itself, a line of a letterhead
_FEWEST_SENTENCE_TOKENS = 6
_LETTERS = 0.25  # the least share of letters in what isn't white space; lists of figures have fewer
_BOILERPLATE_TOKENS = 60  # so short, a passage with one of these is little else
_BOILERPLATE = re.compile(
    r"copyright|all rights reserved|©|cookie|table of contents|版权所有|保留所有权利|侵权必究|目\s*录",
    re.IGNORECASE,
)
_SENTENCES = 3  # of a passage are asked about at most

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Focus:
    """A sentence of a passage to ask about; of a table, a row."""

    passage_id: str
    sentence: int  # its number among the passage's `sentences_to_ask`

    @property
    def name(self) -> str:
        """Names the focus in the file of tries."""
        return f"{self.passage_id}#{self.sentence}"


@dataclass(frozen=True, slots=True)
class Choice:
    """The focuses in the order in which they are tried, and why how many passages were left out."""

    focuses: tuple[Focus, ...]
    passages: int
    left_out: Counter[str]


def choose_passages(view: View, seed: int) -> Choice:
    """Order what can be asked about so that every beginning of the order is spread.

    Languages take turns, within a language documents do, within a document passages; a passage's next
    sentence comes when every passage had its turn. What comes first is drawn with the seed.
    """
    left_out: Counter[str] = Counter()
    count = 0
    # language → document → the sentence numbers of each passage
    chosen: dict[str, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
    repeated = {key for key, times in _text_keys(view).items() if times > 1}
    for passage in _all_passages(view):
        count += 1
        reason = _unfit(passage, repeated)
        if reason is not None:
            left_out[reason] += 1
            continue
        metadata = metadata_of(passage)
        sentences = len(sentences_to_ask(passage))
        chosen[metadata["lang"]][metadata["doc_id"]].append((str(passage.id), sentences))
    rng = random.Random(seed)
    rounds: list[Focus] = []
    orders = {each: _document_turns(chosen[each], rng) for each in sorted(chosen)}
    for turn in range(_SENTENCES):
        by_language = [
            [Focus(passage, turn) for passage, sentences in order if turn < sentences]
            for order in orders.values()
        ]
        rounds.extend(_in_turns(by_language))
    return Choice(tuple(rounds), count, left_out)


def sentences_to_ask(passage: Document) -> list[Span]:
    """The passage's sentences that say enough to be asked about, at most three, in an order of its own."""
    text = passage.page_content
    spans = [
        span
        for span in split_sentences(text)
        if approximate_tokens(text[span.start : span.end]) >= _FEWEST_SENTENCE_TOKENS
    ]
    random.Random(str(passage.id)).shuffle(spans)
    return spans[:_SENTENCES]


def _unfit(passage: Document, repeated: set[int]) -> str | None:
    text = passage.page_content
    tokens = approximate_tokens(text)
    if tokens < _FEWEST_TOKENS:
        return "too short"
    if text_key(text) in repeated:
        return "stands in several places"
    if tokens < _BOILERPLATE_TOKENS and _BOILERPLATE.search(text):
        return "boilerplate"
    written = "".join(text.split())
    if sum(character.isalpha() for character in written) < _LETTERS * len(written):
        return "few words"
    return None if sentences_to_ask(passage) else "no sentence that says enough"


def _all_passages(view: View) -> Iterator[Document]:
    with view.contents() as contents:
        documents = contents.documents()
    for source in dict.fromkeys(each.source for each in documents if each.status == "ok"):
        with view.contents() as contents:
            passages = contents.document_passages(source)
        yield from passages


def _text_keys(view: View) -> Counter[int]:
    return Counter(text_key(passage.page_content) for passage in _all_passages(view))


def _document_turns(documents: dict[str, list[tuple[str, int]]], rng: random.Random) -> list[tuple[str, int]]:
    names = sorted(documents)
    rng.shuffle(names)
    shuffled = []
    for name in names:
        passages = documents[name]
        rng.shuffle(passages)
        shuffled.append(passages)
    return _in_turns(shuffled)


def _in_turns(groups: Sequence[Sequence[T]]) -> list[T]:
    nothing = object()
    turns = zip_longest(*groups, fillvalue=nothing)
    return [each for turn in turns for each in turn if each is not nothing]  # type: ignore[misc]
