"""A small knowledge base, and a chat model that says what the test wants it to."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from rag.knowledge_base import KnowledgeBase
from rag.models.generator import Abilities
from tests.eval.conftest import made_of

DOCUMENTS = {
    "manual.md": "The Tidal P200 pump must be cleaned every six months by trained staff of the workshop.",
    "codes.md": "Error E04 of the Tidal P200 means that the drive belt slips and has to be replaced soon.",
    "leave.md": "员工入职满一年以后，每年有十二天带薪年假，须提前五个工作日在系统里申请。",
    "travel.md": "2026年去上海出差的员工，每晚住宿最多报销 560 元，每天餐补 120 元。",
    "footer.md": "Page 3",
}
# What the model writes when it is given a passage that has these words.
DRAFTS = {
    "cleaned": "Question: How often must the Tidal P200 pump be cleaned?\nAnswer: every six months",
    "E04": "Question: What does error E04 of the Tidal P200 mean?\nAnswer: the drive belt slips",
    "年假": "问题：员工入职满一年以后每年有几天年假？\n答案：十二天",
    "上海": "问题：2026年去上海出差，每晚住宿最多报销多少？\n答案：560元",
}
# What it answers to a question that has these words.
ANSWERS = {
    "cleaned": "The pump must be cleaned every six months [1].",
    "E04": "It means that the drive belt slips [1].",
    "年假": "员工每年有十二天年假[1]。",
    "住宿": "每晚住宿最多报销 560 元[1]。",
}


class ScriptedModel(BaseChatModel):
    """Writes drafts and answers by the words of what it is asked."""

    drafts: dict[str, str] = Field(default_factory=lambda: dict(DRAFTS))
    answers: dict[str, str] = Field(default_factory=lambda: dict(ANSWERS))
    asked: list[str] = Field(default_factory=list)
    stop_after: int | None = None

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.stop_after is not None and len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        last = str(messages[-1].text)
        self.asked.append(last)
        writing = "The sentence:" in last or "指定的句子" in last
        replies, said = (self.drafts, last) if writing else (self.answers, last.splitlines()[-1])
        reply = next((reply for words, reply in replies.items() if words in said), "I don't know.")
        return ChatResult(generations=[ChatGeneration(message=AIMessage(reply))])

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def model_name(self) -> str:
        return "scripted"

    @property
    def abilities(self) -> Abilities:
        return Abilities()


@pytest.fixture(scope="session")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The knowledge base of DOCUMENTS, to be read only."""
    with made_of(DOCUMENTS, tmp_path_factory.mktemp("documents")) as made:
        yield made


@pytest.fixture
def make_model() -> type[ScriptedModel]:
    """Makes scripted models."""
    return ScriptedModel
