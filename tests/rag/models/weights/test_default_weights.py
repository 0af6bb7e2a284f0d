"""The real models, as they were pulled into this machine's cache."""

import numpy as np
import pytest
from transformers import AutoTokenizer

from rag.models.embedder import SentenceEmbeddings
from rag.models.generator.llama_cpp.model import LlamaCppChatModel
from rag.models.weights import MODELS, gguf_digest, resolve_gguf, resolve_model, weights_digest
from rag.models.weights.cache import model_folder, model_state
from rag.models.weights.gguf_header import read_gguf_header
from rag.models.weights.registry import Model
from rag.settings import Settings

pytestmark = pytest.mark.weights


def test_the_embedder_finds_the_passage_in_either_language() -> None:
    name = Settings().embedder.model
    embeddings = SentenceEmbeddings(resolve_model(name), name=name)
    passages = embeddings.embed_documents(
        [
            "员工入职满一年后，每年享有十二天带薪年假。",
            "水泵每六个月须用柠檬酸除垢一次。",
            "访客车辆请停放在北区地面车位。",
            "发票在收到后三十天内付款。",
        ]
    )
    questions = {
        "How many days of paid leave do employees get?": 0,
        "How often is the pump descaled?": 1,
        "客人的车停在哪里？": 2,
        "發票多久付款？": 3,  # in Traditional Chinese
    }
    for question, expected in questions.items():
        assert int(np.argmax(np.array(passages) @ np.array(embeddings.embed_query(question)))) == expected, (
            question
        )


def test_the_embedders_tokenizer_is_xlm_rs() -> None:
    tokenizer = AutoTokenizer.from_pretrained(resolve_model(Settings().embedder.model))
    assert tokenizer("Hello world!")["input_ids"] == [0, 35378, 8999, 38, 2]
    assert tokenizer.tokenize("ＷＪ－２０４０　过滤器，～") == [
        "▁W",
        "J",
        "-20",
        "40",
        "▁",
        "过",
        "滤",
        "器",
        ",",
        "～",
    ]


def test_the_embedder_says_the_same_in_8_bits_as_in_float32() -> None:
    folder = resolve_model(Settings().embedder.model)
    exact, short = (SentenceEmbeddings(folder, device="cpu", dtype=each) for each in ("float32", "int8"))
    texts = ["水泵每六个月须用柠檬酸除垢一次。", "Invoices are paid within thirty days. " * 8, "2031"]
    found = np.sum(np.array(exact.embed_documents(texts)) * np.array(short.embed_documents(texts)), axis=1)
    assert found.min() > 0.99


def test_llama_cpp_reads_text_as_qwens_tokenizer_does() -> None:
    name = Settings().generator.model
    if model_state(MODELS[name].published or MODELS[name]) != "present":
        pytest.skip("another engine runs here")
    model = LlamaCppChatModel(file=resolve_gguf(name), model_name=name)
    assert model.get_token_ids("你好，世界！") == [108386, 3837, 99489, 6313]
    assert len(model.get_token_ids("<|im_end|>")) > 3


def test_the_generators_tokenizer_is_qwens() -> None:
    if model_state(MODELS[Settings().generator.model]) != "present":
        pytest.skip("another engine runs here")
    tokenizer = AutoTokenizer.from_pretrained(resolve_model(Settings().generator.model))
    assert tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]) == [
        151643,
        151644,
        151645,
    ]
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.encode("你好，世界！") == [108386, 3837, 99489, 6313]
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "你好"}], tokenize=False, add_generation_prompt=True
    )
    assert isinstance(prompt, str)
    assert prompt.endswith("<|im_start|>user\n你好<|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.parametrize(
    "model", [each for each in MODELS.values() if each.published], ids=lambda each: each.name
)
def test_what_the_registry_says_of_both_forms_is_so(model: Model) -> None:
    published = model.published
    assert published is not None
    states = model_state(model), model_state(published)
    if "present" not in states:
        pytest.skip("it isn't there")
    if states[0] == "present":
        assert weights_digest(model_folder(model.name)) == model.converted
    if states[1] == "present":
        file = resolve_gguf(model.name)
        assert gguf_digest(file) == model.converted
        assert read_gguf_header(file).kv_values == model.kv_values
