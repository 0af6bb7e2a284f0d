"""From tokens to text while they are being written."""

from collections.abc import Sequence
from typing import Any

_INCOMPLETE = "\ufffd"  # what undecodable bytes decode to


class TextStream:
    """Turns tokens into pieces of text that never have to be taken back.

    A Chinese character can be spread over several tokens, and a stop string over several pieces: text is held
    back until it is whole. Bytes that never become a character are dropped at the end.
    """

    def __init__(self, tokenizer: Any, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._stop = [each for each in stop if each]
        self._tokens: list[int] = []
        self._context = 0  # decoding starts here, for tokenizers whose spaces depend on the token before
        self._done = 0  # tokens before this one are in the text
        self._held = ""
        self.stopped = False  # whether a stop string ended the text

    def feed(self, tokens: Sequence[int]) -> str:
        """Add tokens; the text that is now certain."""
        if self.stopped:
            return ""
        self._tokens.extend(tokens)
        before = self._decode(self._context, self._done)
        text = self._decode(self._context, len(self._tokens))
        if text.endswith(_INCOMPLETE) or len(text) <= len(before):
            return ""
        self._context, self._done = self._done, len(self._tokens)
        return self._release(text[len(before) :])

    def finish(self) -> str:
        """The rest of the text, when no tokens follow."""
        if self.stopped:
            return ""
        before = self._decode(self._context, self._done)
        text = self._decode(self._context, len(self._tokens)).rstrip(_INCOMPLETE)
        released = self._release(text[len(before) :])
        if not self.stopped:
            released, self._held = released + self._held, ""
        return released

    def _decode(self, start: int, end: int) -> str:
        text: str = self._tokenizer.decode(
            self._tokens[start:end], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _release(self, piece: str) -> str:
        text = self._held + piece
        cut = min((at for each in self._stop if (at := text.find(each)) >= 0), default=-1)
        if cut >= 0:
            self.stopped = True
            self._held = ""
            return text[:cut]
        held = max((_overlap(text, each) for each in self._stop), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]


def _overlap(text: str, stop: str) -> int:
    """The length of the longest end of ``text`` that begins ``stop`` without completing it."""
    return next(
        (size for size in range(min(len(text), len(stop) - 1), 0, -1) if stop.startswith(text[-size:])), 0
    )
