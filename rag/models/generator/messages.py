"""What every engine needs of messages that come in and of the one that goes out."""

import time
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage, SystemMessage, convert_to_openai_messages

from rag.errors import GenerationError, first_line


def plain_messages(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    """The role and the text of each message, as chat templates take them.

    Half of a surrogate pair, which a damaged file or command line can hold, becomes a question mark.

    Raises:
        GenerationError: a message has something else than text.
    """
    try:
        plain = convert_to_openai_messages(messages)
    except ValueError as error:
        raise GenerationError(f"a local model takes messages of text only: {first_line(error)}") from error
    for each in plain:
        if not isinstance(each["content"], str) or each["role"] in ("tool", "function"):
            raise GenerationError(
                f"a local model takes no {each['role']} message like {str(each['content'])[:80]!r}; "
                "send messages of text only"
            )
    return [
        {"role": each["role"], "content": each["content"].encode("utf-8", "replace").decode("utf-8")}
        for each in plain
    ]


def first_system_message(messages: Sequence[BaseMessage]) -> str:
    """The instructions that a conversation begins with; "" where it has none."""
    first = messages[0] if messages else None
    return str(first.text) if isinstance(first, SystemMessage) else ""


def answer_facts(
    name: str,
    *,
    complete: bool,
    reused: int,
    likelihoods: Sequence[float],
    waited: float,
    started: float,
    first: float | None,
) -> dict[str, Any]:
    """An answer's ``response_metadata``, at its end.

    Args:
        name: the model.
        complete: whether the model ended the answer, not a limit.
        reused: tokens of the prompt that needn't be read.
        likelihoods: the natural logarithm of each token's probability.
        waited: seconds for the model.
        started: when it began to read, on ``time.perf_counter``'s clock.
        first: when it had written a token.
    """
    finished = time.perf_counter()
    return {
        "model_name": name,
        "finish_reason": "stop" if complete else "length",
        "reused_tokens": reused,
        "likelihoods": [round(each, 4) for each in likelihoods],
        "timings_ms": {
            "wait": round(waited * 1000, 3),
            "first_token": round(((first or finished) - started) * 1000, 3),
            "total": round((finished - started) * 1000, 3),
        },
    }
