"""What the stages of a search found, told to whoever listens: a trace, an evaluation, a debugger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler, CallbackManagerForRetrieverRun
from langchain_core.documents import Document

STAGE = "wenju.retrieval_stage"  # the name of the event


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a search: its name, and the passages it left, best first, each with the score it gave."""

    name: str
    passages: tuple[Document, ...]


def report_stage(run_manager: CallbackManagerForRetrieverRun, name: str, passages: Sequence[Document]) -> None:
    """Tell the callbacks of a retriever's run what a stage left, as LangChain's custom event ``STAGE``."""
    run_manager.get_child().on_custom_event(STAGE, Stage(name, tuple(passages)))


@dataclass(slots=True)
class StageRecorder(BaseCallbackHandler):
    """Remembers the stages of one search, in their order; give it as a callback."""

    run_inline = True
    stages: list[Stage] = field(default_factory=list)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Keep a stage."""
        if name == STAGE:
            self.stages.append(data)
