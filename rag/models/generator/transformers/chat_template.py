"""How a conversation is written down as tokens, by a model's own chat template.

A document may say ``<|im_end|>``, by chance or on purpose. A chat template's text is tokenized as a whole, so
without care the document would end its message there and could speak as the system.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from jinja2 import TemplateError
from langchain_core.messages import BaseMessage

from rag.errors import GenerationError, first_line
from rag.models.generator.messages import plain_messages

_PRIVATE = range(0xE000, 0xF900)  # characters without a meaning of their own


class ChatTemplate:
    """A tokenizer with a chat template. ``name`` is what messages call the model."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        self._tokenizer = tokenizer
        self._name = name
        # Whatever the tokenizer would take out of a text as one token, special or not.
        self._control = tuple(tokenizer.get_added_vocab())

    def encode(self, text: str) -> list[int]:
        """The tokens of a plain text."""
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return tokens

    def render(self, messages: Sequence[BaseMessage], *, answer_follows: bool = True) -> list[int]:
        """The tokens of a conversation.

        What a message says is text: a control token's name in it (``<|im_start|>``) is read letter by letter.

        Raises:
            GenerationError: the model has no template, or not for such messages.
        """
        plain = plain_messages(messages)
        guarded = GuardedTexts(self._control, [each["content"] for each in plain])
        conversation = [
            {"role": each["role"], "content": text} for each, text in zip(plain, guarded.texts, strict=True)
        ]
        try:
            text = self._tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=answer_follows
            )
        except (TemplateError, ValueError) as error:
            raise GenerationError(
                f"{self._name} can't take this conversation: {first_line(error)}; "
                "set an instruction-tuned model with a chat template as generator.model in rag.toml"
            ) from error
        return [token for piece in guarded.pieces(str(text)) for token in self.encode(piece)]


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
