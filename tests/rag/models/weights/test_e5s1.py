from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from tokenizers import normalizers
from transformers import BertConfig, BertModel

from rag.errors import WeightsError
from rag.models.weights.e5s1 import convert_e5s1, precompiled_map

_BERT = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
    "l0.q": "encoder.layer.0.attention.self.query",
    "l0.k": "encoder.layer.0.attention.self.key",
    "l0.v": "encoder.layer.0.attention.self.value",
    "l0.ao": "encoder.layer.0.attention.output.dense",
    "l0.aln": "encoder.layer.0.attention.output.LayerNorm",
    "l0.fi": "encoder.layer.0.intermediate.dense",
    "l0.fo": "encoder.layer.0.output.dense",
    "l0.oln": "encoder.layer.0.output.LayerNorm",
}


def _convert(data: bytes, tmp_path: Path) -> Path:
    source, target = tmp_path / "source", tmp_path / "converted"
    source.mkdir(exist_ok=True)
    target.mkdir(exist_ok=True)
    (source / "model.e5s1").write_bytes(data)
    convert_e5s1(source, target)
    return target


def _load(folder: Path) -> SentenceTransformer:
    options = {"dtype": torch.float32}
    return SentenceTransformer(str(folder), device="cpu", model_kwargs=options, local_files_only=True)


def _reference(tiny_e5: Any) -> Any:
    """A BERT given the file's values by hand."""
    config = BertConfig(
        vocab_size=tiny_e5.vocabulary,
        hidden_size=tiny_e5.HIDDEN,
        num_hidden_layers=tiny_e5.LAYERS,
        num_attention_heads=tiny_e5.HEADS,
        intermediate_size=tiny_e5.FEED_FORWARD,
        max_position_embeddings=tiny_e5.POSITIONS,
        layer_norm_eps=1e-12,
    )
    model: Any = BertModel(config, add_pooling_layer=False)
    model.eval()
    state = {}
    for name, values in tiny_e5.values.items():
        stem, _, suffix = name.rpartition(".")
        bert = _BERT.get(name) or f"{_BERT[stem]}.{'weight' if suffix == 'w' else 'bias'}"
        state[bert] = torch.from_numpy(values)
    model.load_state_dict(state)
    return model


def test_vectors_are_those_of_a_bert_with_the_files_values(tiny_e5: Any, tmp_path: Path) -> None:
    model = _load(_convert(tiny_e5.encode(), tmp_path))
    text = "query: 年假 leave"
    features = model.tokenizer([text], return_tensors="pt")
    with torch.inference_mode():
        states = _reference(tiny_e5)(**features).last_hidden_state[0]
    expected = torch.nn.functional.normalize(states.mean(0), dim=0).numpy()
    np.testing.assert_allclose(model.encode([text])[0], expected, atol=2e-3)  # stored as float16


def test_texts_are_normalized_and_segmented_by_the_files_own_rules(tiny_e5: Any, tmp_path: Path) -> None:
    tokenizer = _load(_convert(tiny_e5.encode(), tmp_path)).tokenizer
    assert tokenizer.tokenize("query: leave") == ["▁query", ":", "▁le", "ave"]
    assert tokenizer.tokenize("年假\n\n　天") == ["▁", "年假", "▁", "天"]
    assert tokenizer.tokenize("ＡＢ～\x01㏂") == ["▁", "A", "B", "～", "a", "m"]
    ids = tokenizer("天龘")["input_ids"]
    pieces = [piece for piece, _ in tiny_e5.PIECES]
    assert ids == [0, pieces.index("▁"), pieces.index("天"), pieces.index("<unk>"), 2]


def test_the_model_brings_its_prompts_and_its_limit(tiny_e5: Any, tmp_path: Path) -> None:
    model = _load(_convert(tiny_e5.encode(), tmp_path))
    assert (model.prompts["query"], model.prompts["passage"]) == ("query: ", "passage: ")
    assert model.max_seq_length == tiny_e5.POSITIONS
    np.testing.assert_allclose(np.linalg.norm(model.encode(["a " * 500])), 1, rtol=1e-5)


_RULES = st.dictionaries(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
    min_size=1,
    max_size=60,
)


@given(_RULES)
def test_every_character_is_replaced_by_its_rule_and_no_other(rules: dict[str, str]) -> None:
    normalizer = normalizers.Precompiled(precompiled_map(list(rules.items())))
    for character in (*rules, "a", "龘", "～"):
        assert normalizer.normalize_str(character) == rules.get(character, character)


@given(part=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_is_refused(tiny_e5: Any, tmp_path: Path, part: float) -> None:
    data = tiny_e5.encode()
    with pytest.raises(WeightsError, match="E5S1"):
        _convert(data[: int(part * len(data))], tmp_path)


def test_another_version_is_refused(tiny_e5: Any, tmp_path: Path) -> None:
    data = tiny_e5.encode()
    with pytest.raises(WeightsError, match="version 2"):
        _convert(data[:4] + b"\2" + data[5:], tmp_path)
