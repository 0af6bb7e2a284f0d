"""Prompt-lookup decoding: guess what comes next from what stands in the prompt.

A grounded answer copies names, numbers and phrases from its passages, so the words that followed the last few
tokens where they stood before are a good guess at the next ones; the model then checks a whole guess in one
pass (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding; Leviathan et al. 2023, arXiv:2211.17192).
"""

from collections.abc import Iterable

_LONGEST = 4  # tokens that have to match; longer matches are tried first


class PromptLookup:
    """Where each short run of tokens stood last, kept up to date as tokens are added."""

    def __init__(self, tokens: Iterable[int] = ()) -> None:
        self._tokens: list[int] = []
        self._followed_at: dict[tuple[int, ...], int] = {}
        self.extend(tokens)

    def extend(self, tokens: Iterable[int]) -> None:
        """Add tokens to the end. Time is proportional to the tokens added."""
        for token in tokens:
            end = len(self._tokens)
            for size in range(1, min(_LONGEST, end) + 1):
                self._followed_at[tuple(self._tokens[end - size :])] = end
            self._tokens.append(token)

    def propose(self, length: int) -> list[int]:
        """At most ``length`` tokens that may come next; none where the last token never stood before."""
        end = len(self._tokens)
        for size in range(min(_LONGEST, end), 0, -1):
            start = self._followed_at.get(tuple(self._tokens[end - size :]))
            if start is not None:
                return self._tokens[start : start + length]
        return []
