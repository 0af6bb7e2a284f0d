"""What every test rests on: no network, one thread, fixed seeds, a number format; and tiny models made here.

With ``WENJU_TEST_DTYPE=float32`` (or ``bfloat16``) that format is what ``dtype = "auto"`` gives, in the whole
run and on any machine; with ``other``, the one of them that isn't the machine's own.
"""

import gc
import os
import random
import signal
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
# Models this small only lose by sharing their work, and sums of one thread come out equal on every machine.
# Libraries read these when they are loaded, in the processes that tests start as well.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["RAYON_NUM_THREADS"] = "1"

from collections.abc import Generator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# A job that a shell started in the background ignores Ctrl-C, and so would what the tests send it to.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Few examples, the same in each run; `make test-slow` takes many, and others each time.
_HEALTH = [hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow]
_PROFILE = hypothesis.settings.register_profile
_PROFILE("quick", max_examples=40, derandomize=True, deadline=None, suppress_health_check=_HEALTH)
_PROFILE("thorough", max_examples=400, deadline=None, suppress_health_check=_HEALTH)
hypothesis.settings.load_profile("quick")

_CORPUS = (
    "The pump must be cleaned every six months. Staff get twelve days of leave a year.",
    "Which part number does the filter of the air purifier have? It is WJ-2031-B.",
    "The documents do not contain this. Visitors park on the ground level of the north area.",
    "员工每年有十二天年假，入职满一年后可以使用。水泵必须每六个月清洗一次。",
    "空气净化器的滤芯型号是什么？型号是 WJ-2031-B。资料中没有相关信息。",
    "访客车辆停在北区地面车位。班车每天早上七点四十从南门发车。",
)
_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_END, _PAD = "<|im_end|>", "<|endoftext|>"


def pytest_configure(config: pytest.Config) -> None:
    """Have the processor say that it has bfloat16, or hasn't, where the run is forced to a format."""
    forced = os.environ.get("WENJU_TEST_DTYPE")
    if not forced:
        return
    if forced not in ("float32", "bfloat16", "other"):
        raise pytest.UsageError(f"WENJU_TEST_DTYPE is float32, bfloat16 or other, not {forced!r}")
    from rag.models import hardware

    has = not hardware.multiplies_bfloat16() if forced == "other" else forced == "bfloat16"
    hardware.multiplies_bfloat16 = lambda: has


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage in what is imported here (torch, streamlit, LangChain), now or later.

    There is none, and looking again and again takes as long as the imports themselves.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that compute with a model: those that ask for a fixture that makes one, or import torch.

    What takes longest comes first, so that no worker is left alone with it at the end.
    """
    makers = {"tiny_generator_folder", "tiny_embedder_folder", "tiny_gguf"}
    for item in items:
        fixtures, module = getattr(item, "fixturenames", ()), getattr(item, "module", None)
        if makers & set(fixtures) or hasattr(module, "torch"):
            item.add_marker("models")
    items.sort(key=lambda item: not any(item.get_closest_marker(each) for each in ("weights", "browser")))


@pytest.fixture(autouse=True)
def _seeds() -> None:
    """Each test begins with the same random numbers, whichever tests ran before it in its process."""
    random.seed(0)
    np.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(0)  # what manual_seed does, without its search for a GPU


def _save_tokenizer(folder: Path, vocabulary: int) -> int:
    """Train a byte-level BPE tokenizer, which reads any text, and save it with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[_PAD, "<|im_start|>", _END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_CORPUS, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=_END, pad_token=_PAD, chat_template=_CHAT_TEMPLATE
    )
    fast.save_pretrained(folder)
    return len(fast)


@pytest.fixture(scope="session")
def tiny_generator_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Qwen2 of two layers that reads 512 tokens, with tokenizer and chat template."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    folder = tmp_path_factory.mktemp("tiny-generator")
    size = _save_tokenizer(folder, 480)
    config = Qwen2Config(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        # Large enough that random weights prefer some tokens clearly: greedy decoding is then well defined.
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = Qwen2ForCausalLM(config)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_gguf(tiny_generator_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model in ``tiny_generator_folder``, its weights and its tokenizer, as a GGUF file in float32."""
    from tests.tiny_gguf import write_gguf

    file = tmp_path_factory.mktemp("tiny-gguf") / "tiny.gguf"
    write_gguf(tiny_generator_folder, file)
    return file


@pytest.fixture(scope="session")
def tiny_embedder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random SentenceTransformer folder of 32 dimensions: mean pooling, normalized."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    base = tmp_path_factory.mktemp("tiny-bert")
    size = _save_tokenizer(base, 480)
    config = BertConfig(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.3,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = BertModel(config)
    model.save_pretrained(base)
    folder = tmp_path_factory.mktemp("tiny-embedder")
    transformer = Transformer(str(base), max_seq_length=256)
    SentenceTransformer(
        modules=[transformer, Pooling(32, pooling_mode="mean"), Normalize()], device="cpu"
    ).save(str(folder), create_model_card=False)
    return folder
