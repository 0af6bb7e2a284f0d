"""The tiny GGUF file that tests of llama.cpp rest on is the tiny generator that those of transformers do."""

from pathlib import Path

import pytest
import torch
import xllamacpp
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXT = "<|im_start|>user\n水泵 多久清洗一次？ It's 2031: the pump  must\n\n be cleaned."


def test_llama_cpp_reads_the_same_weights_and_the_same_tokens(
    tiny_generator_folder: Path, tiny_gguf: Path
) -> None:
    ids = AutoTokenizer.from_pretrained(tiny_generator_folder)(TEXT).input_ids
    model = AutoModelForCausalLM.from_pretrained(tiny_generator_folder, dtype=torch.float32)
    with torch.no_grad():
        expected = torch.log_softmax(model(torch.tensor([ids])).logits[0, -1], -1)
    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.n_ctx = str(tiny_gguf), 512
    parameters.warmup = parameters.fit_params = False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    for prompt in (ids, TEXT):
        answer = server.handle_completions({"prompt": prompt, "n_predict": 4, "temperature": 0, "n_probs": 9})
        assert answer["usage"]["prompt_tokens"] == len(ids)
        first = answer["choices"][0]["logprobs"]["content"][0]
        found = {each["id"]: each["logprob"] for each in first["top_logprobs"]}
        assert len(found) == 9
        assert found == pytest.approx({token: float(expected[token]) for token in found}, abs=0.02)
