"""An answer's sentences, each with its own words apart from the marks of what it cites."""

from collections.abc import Iterator
from dataclasses import dataclass

from rag.answer import Answer, Sentence
from rag.presenting.explanation import is_weak
from rag.text.marks import mark, without_marks


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an answer's text: what comes before its marks, the marks' numbers, what comes after."""

    text: str
    numbers: tuple[int, ...] = ()
    rest: str = ""
    uncited: bool = False
    weak: bool = False

    @property
    def words(self) -> str:
        """All but the marks."""
        return self.text + self.rest


def pieces(answer: Answer) -> Iterator[Piece]:
    """The whole text of an answer, sentence by sentence."""
    previous = 0
    for sentence in answer.sentences:
        yield Piece(answer.text[previous : sentence.start])
        yield piece_of(sentence, weak=is_weak(sentence, answer))
        previous = sentence.end
    yield Piece(answer.text[previous:])


def marked_text(answer: Answer) -> str:
    """The text with a space before its marks, so that no figure runs into one: ``8119 [1]``."""
    return "".join(
        f"{each.text} {''.join(map(mark, each.numbers))}{each.rest}" if each.numbers else each.text
        for each in pieces(answer)
    )


def own_words(answer: Answer) -> str:
    """The text without the marks of what it cites; brackets of its own stay.

    In a text that was stopped nobody has told them apart, and whatever looks like a mark goes.
    """
    return "".join(each.words for each in pieces(answer)) if answer.sentences else without_marks(answer.text)


def piece_of(sentence: Sentence, weak: bool = False) -> Piece:
    """A sentence, apart from its marks."""
    if not sentence.citations:
        return Piece(sentence.text, uncited=True, weak=weak)
    # The marks stand at the sentence's end. The same characters further left are the text's own.
    head, found, tail = sentence.text.rpartition("".join(map(mark, sentence.citations)))
    if not found:
        return Piece(sentence.text, weak=weak)
    return Piece(head.rstrip(), sentence.citations, tail, weak=weak)
