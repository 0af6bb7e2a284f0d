import logging
import subprocess
import sys
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.segmentation import Segmenter

TEXT = (
    "员工入职满一年后每年享有十天带薪年休假未休完的年假可以结转到次年三月底空气净化器的滤芯应当每六个月更换一次"
    "更换时先断开电源再打开后盖南京市长江大桥研究生命的起源中华人民共和国国务院关于职工工作时间的规定乒乓球拍卖完了"
)


@pytest.fixture(scope="module")
def jieba_tokenizer() -> Any:
    """jieba itself, in a tokenizer of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    logging.getLogger("jieba").handlers.clear()
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


def test_segmentation_is_that_of_jieba(jieba_tokenizer: Any) -> None:
    segmenter = Segmenter()
    assert segmenter.segment("南京市长江大桥") == ["南京", "京市", "南京市", "长江", "大桥", "长江大桥"]

    @given(st.integers(0, len(TEXT) - 1), st.integers(1, 40), st.text(alphabet=TEXT, max_size=8))
    def check(start: int, length: int, mixed: str) -> None:
        for run in (TEXT[start : start + length], mixed):
            assert segmenter.segment(run) == list(jieba_tokenizer.cut_for_search(run, HMM=False))

    check()


def test_extra_words_stay_whole_and_belong_to_one_segmenter() -> None:
    assert Segmenter(("云枢网关",)).segment("重启云枢网关") == ["重启", "网关", "云枢网关"]
    assert "云枢网关" not in Segmenter().segment("重启云枢网关")


@pytest.mark.processes
def test_reading_the_word_list_runs_no_code_of_jieba() -> None:
    program = (
        "import sys; from rag.text.analysis import Analyzer; print(Analyzer().terms('南京')); "
        "sys.exit('jieba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['南京']\n", "")
