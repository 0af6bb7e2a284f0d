"""LangChain's public test suite for chat models, on the tiny generator."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from rag.models.generator.transformers.chat import TransformersChatModel


class _Standard:
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tiny_generator_folder: Path) -> None:
        self.folder = tiny_generator_folder

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return TransformersChatModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"folder": self.folder, "model_name": "tiny", "device": "cpu", "dtype": "float32"}

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {"temperature": 0.0, "max_tokens": 20}

    # A text model in this process: no tools, no schemas, no pictures.
    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return False

    @property
    def supports_json_mode(self) -> bool:
        return False


class TestUnit(_Standard, ChatModelUnitTests):
    pass


class TestIntegration(_Standard, ChatModelIntegrationTests):
    pass
