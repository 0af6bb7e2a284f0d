from pathlib import Path

import pytest

from rag.models.reader.reader import Reader
from rag.models.reader.saved import save_learned
from rag.models.weights import weights_digest


@pytest.fixture(scope="session")
def tiny_learned(tiny_embedder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's file with random layers, over the tiny embedder's encoder."""
    import torch
    from transformers import AutoConfig, AutoModel

    from rag.models.reader.network import ReaderNetwork

    with torch.random.fork_rng():
        torch.manual_seed(5)
        config = AutoConfig.from_pretrained(tiny_embedder_folder)
        network = ReaderNetwork(AutoModel.from_config(config), config.hidden_size)
    arrays = {
        name: values.numpy()
        for name, values in network.state_dict().items()
        if not name.startswith("encoder.embeddings") and "layer.0." not in name
    }
    file = tmp_path_factory.mktemp("reader") / "tiny.safetensors"
    save_learned(file, arrays, {"encoder": weights_digest(tiny_embedder_folder), "licence": "none"})
    return file


@pytest.fixture(scope="session")
def tiny_reader(tiny_embedder_folder: Path, tiny_learned: Path) -> Reader:
    return Reader(tiny_embedder_folder, tiny_learned)
