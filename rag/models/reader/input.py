"""What the reader is given: a question and a passage with its context, as the tokens of one sequence.

``<s> question </s> </s> context \\n passage </s>``, the form of XLM-R's pairs. A question that is too long is
cut, and so is a passage, at its end; where a token stands in the passage is kept, in code points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_TOKENS = 448  # of a sequence; the splitter's longest passages, a question and their context fit
MAX_QUESTION = 96  # tokens


@dataclass(frozen=True, slots=True)
class ReaderInput:
    """Tokens of one question with one passage.

    ``first``: the position of the first token of the passage's text; ``offsets``: where each token from there
    on stands in the text (start, end; code points). The last token, which ends the sequence, has none.
    """

    tokens: tuple[int, ...]
    first: int
    offsets: tuple[tuple[int, int], ...]


class InputMaker:
    """Makes inputs with a tokenizer of the package ``tokenizers``; safe to use from several threads."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        around = tokenizer.encode("").ids or [0]  # the tokens that begin and end a text
        self._begin, self._end = around[0], around[-1]

    def make(self, question: str, passages: Sequence[tuple[str, str]]) -> list[ReaderInput]:
        """The inputs of a question with each of the passages, given as (context, text)."""
        encode = self._tokenizer.encode_batch
        texts = [question, *(each for pair in passages for each in pair)]
        encoded = encode(texts, add_special_tokens=False)
        asked = encoded[0].ids[:MAX_QUESTION]
        return [
            self._join(asked, context.ids, text)
            for context, text in zip(encoded[1::2], encoded[2::2], strict=True)
        ]

    def _join(self, asked: list[int], context: list[int], text: Any) -> ReaderInput:
        head = [self._begin, *asked, self._end, self._end, *context[: MAX_TOKENS // 4]]
        room = MAX_TOKENS - len(head) - 1
        tokens = (*head, *text.ids[:room], self._end)
        return ReaderInput(tokens, len(head), tuple(text.offsets[:room]))
