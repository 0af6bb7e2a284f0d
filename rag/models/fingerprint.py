"""What tells one embedder from another, and what a model's folder declares before anything is loaded."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONFIGURATION = "config_sentence_transformers.json"
_QUERY_PROMPTS = ("query",)
_PASSAGE_PROMPTS = ("passage", "document", "corpus")


@dataclass(frozen=True, slots=True)
class EmbedderFingerprint:
    """What makes two embedders interchangeable: vectors of one may be compared with vectors of the other."""

    name: str
    dimension: int
    digest: str  # SHA-256 over the model's weights
    query_prefix: str
    passage_prefix: str


def declared_prefixes(folder: Path) -> tuple[str, str]:
    """The prompts that the model wants before queries and before passages; "" where it has none."""
    prompts = _read_json(folder / _CONFIGURATION).get("prompts") or {}
    query, passage = (
        next((str(prompts[name]) for name in names if name in prompts), "")
        for names in (_QUERY_PROMPTS, _PASSAGE_PROMPTS)
    )
    return query, passage


def declared_dimension(folder: Path) -> int | None:
    """The length of the vectors as the model's modules declare it; None where only the model itself knows."""
    modules = _read_json(folder / "modules.json", default=[])
    if not modules or _read_json(folder / _CONFIGURATION).get("truncate_dim"):
        return None
    dimension: int | None = None
    for module in modules:
        kind = str(module.get("type", "")).rpartition(".")[2]
        configuration = _read_json(folder / str(module.get("path", "")) / "config.json")
        if kind == "Pooling":
            modes = [key for key, used in configuration.items() if key.startswith("pooling_mode_") and used]
            single = len(modes) == 1 or isinstance(configuration.get("pooling_mode"), str)
            declared = configuration.get("embedding_dimension", configuration.get("word_embedding_dimension"))
            dimension = declared if single else None
        elif kind not in ("Transformer", "Normalize"):
            return None
    return dimension


def declared_length(folder: Path) -> int:
    """How many tokens of a text the model reads."""
    said = (
        _read_json(folder / "sentence_bert_config.json").get("max_seq_length"),
        _read_json(folder / "tokenizer_config.json").get("model_max_length"),
        _read_json(folder / "config.json").get("max_position_embeddings"),
    )
    return min([int(each) for each in said if each], default=512)


def declares_plain_encoder(folder: Path) -> bool:
    """Whether a text's vector is the mean of the states of a Transformer of BERT's kind, and nothing else."""
    modules = _read_json(folder / "modules.json", default=[])
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling = _read_json(folder / str(modules[1].get("path", "")) / "config.json")
    modes = [key for key, used in pooling.items() if key.startswith("pooling_mode_") and used]
    mean = modes == ["pooling_mode_mean_tokens"] or pooling.get("pooling_mode") == "mean"
    bert = _read_json(folder / "config.json").get("model_type") in ("bert", "roberta", "xlm-roberta")
    lower = _read_json(folder / "sentence_bert_config.json").get("do_lower_case")
    truncated = _read_json(folder / _CONFIGURATION).get("truncate_dim")
    return mean and bert and not lower and not truncated and (folder / "tokenizer.json").exists()


def _read_json(path: Path, default: Any = None) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {} if default is None else default
