import pytest

from rag.text.language import approximate_tokens, is_han, language_of, passage_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("保修期多长？", "zh"),
        ("iPhone 15 Pro Max 的价格是多少？", "zh"),
        ("What does 保修 mean?", "en"),
        ("How long is the warranty?", "en"),
        ("資訊安全政策", "zh"),
        ("これは日本語の文章です", "ja"),
        ("이것은 한국어 문장입니다", "ko"),
        ("12345 — !?", "en"),
        ("", "en"),
    ],
)
def test_language_is_told_by_script(text: str, language: str) -> None:
    assert language_of(text) == language


def test_han_characters_are_told_from_others() -> None:
    assert is_han("问") and is_han("問") and is_han("𠮷")
    assert not is_han("a") and not is_han("。") and not is_han("あ")


def test_tokens_are_estimated_per_script() -> None:
    assert approximate_tokens("") == 0
    assert approximate_tokens("保" * 100) == 70
    assert approximate_tokens("abcd" * 100) == 100


def test_chinese_prose_full_of_latin_names_is_a_chinese_passage() -> None:
    text = "在 rag.toml 里把 device 设为 cuda，然后运行 make gpu。See config file for all other options here"
    assert language_of(text) == "en" and passage_language(text) == "zh"
    assert passage_language("Press the button marked 启动 and wait for the green light to come on.") == "en"
    assert passage_language("这台泵的保修期为两年。") == "zh"
    assert passage_language("ポンプを六か月ごとに清掃してください。") == "ja"
    assert passage_language("") == "en"
