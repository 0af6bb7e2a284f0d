from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.models.generator.transformers.chat import TransformersChatModel


@pytest.fixture
def make_model(tiny_generator_folder: Path) -> Callable[..., TransformersChatModel]:
    """Makes chat models over the tiny generator, in float32 on the CPU so that sums come out equal."""

    def make(**options: Any) -> TransformersChatModel:
        settings: dict[str, Any] = {"device": "cpu", "dtype": "float32", "max_tokens": 24, **options}
        return TransformersChatModel(folder=tiny_generator_folder, model_name="tiny", **settings)

    return make
