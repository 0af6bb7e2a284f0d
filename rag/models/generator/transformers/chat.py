"""A LangChain chat model over transformers: any causal language model with a chat template."""

from pathlib import Path

from pydantic import Field

from rag.models.generator.local_chat import LocalChatModel
from rag.models.generator.transformers.local_model import LocalModel
from rag.settings import Dtype


class TransformersChatModel(LocalChatModel):
    """A model folder as a chat model.

    An answer's ``response_metadata`` has ``steps`` besides: passes through the model while writing.
    """

    folder: Path
    dtype: Dtype = "auto"
    prompt_lookup_tokens: int = Field(10, ge=0)

    @property
    def _llm_type(self) -> str:
        return "transformers"

    def _open(self) -> LocalModel:
        return LocalModel(
            self.folder,
            name=self.model_name,
            device=self.device,
            dtype=self.dtype,
            adapter=self.adapter,
            finder=self.finder,
        )
