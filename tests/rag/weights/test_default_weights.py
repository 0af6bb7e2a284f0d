"""The real models, as they were pulled into this machine's cache."""

import numpy as np
import pytest
from transformers import AutoTokenizer

from rag.embedder import SentenceEmbeddings
from rag.settings import Settings
from rag.weights import resolve_model

pytestmark = pytest.mark.weights


def test_the_embedder_finds_the_passage_in_either_language() -> None:
    name = Settings().embedder.model
    embeddings = SentenceEmbeddings(resolve_model(name), name=name)
    passages = embeddings.encode_passages(
        [
            "员工入职满一年后，每年享有十二天带薪年假。",
            "The pump must be descaled every six months with citric acid.",
            "访客车辆请停放在北区地面车位。",
            "Invoices are paid within thirty days of receipt.",
        ]
    )
    questions = {
        "How many days of paid leave do employees get?": 0,
        "水泵多久除一次垢？": 1,
        "Where do visitors park?": 2,
        "發票多久付款？": 3,  # in Traditional Chinese
    }
    for question, expected in questions.items():
        assert int(np.argmax(passages @ np.array(embeddings.embed_query(question)))) == expected, question


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("query: ＷＪ－２０４０　过滤器", ["▁query", ":", "▁W", "J", "-20", "40", "▁过滤", "器"]),
        ("年假有几天？", ["▁年", "假", "有", "几天", "?"]),
    ],
)
def test_the_embedder_segments_as_xlm_r_does(text: str, pieces: list[str]) -> None:
    assert AutoTokenizer.from_pretrained(resolve_model(Settings().embedder.model)).tokenize(text) == pieces


def test_the_generators_tokenizer_is_qwens() -> None:
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
