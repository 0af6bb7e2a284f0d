"""Keeps the names of control tokens in messages from becoming control tokens.

A document may say ``<|im_end|>``, by chance or on purpose. A chat template's text is tokenized as a whole, so
without this the document would end its message there and could speak as the system.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

_PRIVATE = range(0xE000, 0xF900)  # characters without a meaning of their own


class GuardedTexts:
    """Message texts in which stand-ins take the place of control tokens' names.

    ``texts`` go through the chat template; ``pieces`` then cuts what it gives into parts to be tokenized one
    by one, so that no name is ever in one part. Texts without such names stay as they are, in one piece.
    """

    def __init__(self, names: Sequence[str], texts: Sequence[str]) -> None:
        # Runs of spaces and line ends, which some tokenizers have as tokens, give nobody a voice.
        written = (each for each in names if len(each) > 1 and any(map(str.isalnum, each)))
        longest_first = sorted(written, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        used = set(chain.from_iterable(texts))
        self._stand_in = next(each for each in map(chr, _PRIVATE) if each not in used)
        self._replaced: list[str] = []
        self.texts = [self._guard(text) for text in texts]

    def _guard(self, text: str) -> str:
        if self._names is None:
            return text
        return self._names.sub(self._put_aside, text)

    def _put_aside(self, match: re.Match[str]) -> str:
        self._replaced.append(match.group())
        return f"{self._stand_in}{len(self._replaced) - 1}{self._stand_in}"

    def pieces(self, rendered: str) -> Iterator[str]:
        """The rendered text's parts; a stand-in gives the name's first character and the rest apart."""
        parts = re.split(f"{self._stand_in}(\\d+){self._stand_in}", rendered)
        for index, part in enumerate(parts):
            if index % 2:
                name = self._replaced[int(part)]
                yield name[0]
                yield name[1:]
            elif part:
                yield part
