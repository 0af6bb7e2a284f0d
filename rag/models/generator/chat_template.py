"""How a conversation is written down as tokens, by a model's own chat template."""

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError
from langchain_core.messages import BaseMessage, ChatMessage

from rag.errors import GenerationError
from rag.models.generator.control_tokens import GuardedTexts

_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


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
        guarded = GuardedTexts(self._control, [_text(message) for message in messages])
        conversation = [
            {"role": _role(message), "content": text}
            for message, text in zip(messages, guarded.texts, strict=True)
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


def first_line(error: Exception) -> str:
    """The first line of an error's message, which is all that a message of ours quotes."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _text(message: BaseMessage) -> str:
    """What a message says.

    Raises:
        GenerationError: it says it in something else than text.
    """
    if not isinstance(message.content, str):
        for block in message.content:
            if isinstance(block, dict) and block.get("type") != "text":
                raise GenerationError(f"a local model reads no '{block.get('type')}'; send text instead")
    return str(message.text)


def _role(message: BaseMessage) -> str:
    if isinstance(message, ChatMessage):
        return message.role
    role = _ROLES.get(message.type.removesuffix("MessageChunk").lower())
    if role is None:
        raise GenerationError(f"a local model takes no '{message.type}' message; send text messages only")
    return role
