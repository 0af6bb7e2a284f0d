"""An adapter for use elsewhere: as GGUF LoRA, which llama.cpp and what is built on it read.

The program itself needs no such file to be kept: it makes one where it runs llama.cpp. With the model's own
GGUF file, elsewhere:

    llama-server --model qwen2.5-coder-1.5b-instruct-q4_k_m.gguf --lora OUT

An adapter does good only behind the instructions that it was trained with; they stand in the file, in the
field ``wenju.adapter.instructions``.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import TrainingError
from rag.files import write_atomically
from rag.models.generator.llama_cpp.lora_file import write_lora


def gguf_adapter(
    adapter: Annotated[Path, typer.Argument(metavar="ADAPTER")],
    out: Annotated[Path, typer.Argument(metavar="OUT")],
) -> None:
    """Write an adapter of the generator as GGUF LoRA, for llama.cpp elsewhere."""
    try:
        write_atomically(out, partial(write_lora, adapter))
    except OSError as error:
        raise TrainingError(f"can't write {out}: {error.strerror or error}; name another file") from error
