"""What the stages of a search found, told to whoever listens: a trace, an evaluation, a debugger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler, CallbackManagerForRetrieverRun
from langchain_core.documents import Document

from rag.trace import Stage

STAGE = "wenju.retrieval_stage"  # the name of the event


def report_stage(
    run_manager: CallbackManagerForRetrieverRun,
    name: str,
    query: str,
    passages: Sequence[Document],
    scores: Mapping[str, Sequence[float | None]] | None = None,
) -> None:
    """Tell the callbacks of a retriever's run what a stage left, as LangChain's custom event ``STAGE``.

    See ``Stage``; the event's data is one.
    """
    columns = {column: tuple(values) for column, values in (scores or {}).items()}
    run_manager.get_child().on_custom_event(STAGE, Stage(name, tuple(passages), query, columns))


@dataclass(slots=True)
class StageRecorder(BaseCallbackHandler):
    """Remembers the stages of one search, in their order; give it as a callback."""

    run_inline = True
    stages: list[Stage] = field(default_factory=list)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Keep a stage."""
        if name == STAGE:
            self.stages.append(data)
