"""Why an answer was declined, or is to be read with care, in words for people."""

from collections.abc import Mapping

from rag.answer import Reason, ReasonCode

# In English and in Chinese. Braces take the detail that a reason has.
PHRASES: Mapping[ReasonCode, tuple[str, str]] = {
    "nothing found": ("nothing was found for the question", "没有找到与问题有关的内容"),
    "nothing passes": ("no document passes the filter", "没有文档符合筛选条件"),
    "unknown codes": (
        "the passages found have codes of this kind, but not {detail}",
        "找到的段落里有同类的编号，但没有 {detail}",
    ),
    "no sentence fits": (
        "no sentence of the passages found has enough of the question's words",
        "找到的段落里没有一句话与问题足够吻合",
    ),
    "wrote nothing": ("nothing was written", "没有写出文字"),
    "wrote no sentence": ("no sentence was written", "没有写出完整的句子"),
    "found no answer": ("the passages found don't answer the question", "找到的段落里没有答案"),
    "unsupported": (
        "what was written has no source in the passages found and was taken back",
        "写出的文字没有找到出处，已撤回",
    ),
    "only restates": (
        "what was written only says the question again and was taken back",
        "写出的文字只是重复了问题，已撤回",
    ),
    "not sure enough": (
        "what was written is too unlikely to be right and was taken back",
        "写出的文字把握不够，已撤回",
    ),
    "not known": ("the generator doesn't know", "生成模型不知道"),
}


# Why an engine runs the generator (`rag.models.generator.engines`), in English and in Chinese.
ENGINE_REASONS: Mapping[str, tuple[str, str]] = {
    "asked": ("as the settings say", "按设置"),
    "file": ("the model is a GGUF file", "模型是 GGUF 文件"),
    "folder": ("the model isn't a GGUF file", "模型不是 GGUF 文件"),
    "not installed": ("llama.cpp isn't installed", "没有安装 llama.cpp"),
    "gpu": ("there is a GPU", "有 GPU"),
    "bfloat16": ("this processor multiplies bfloat16", "处理器支持 bfloat16 乘法"),
    "memory": ("memory is too short for the larger form", "内存不够用较大的格式"),
    "cpu": ("this processor has no units for bfloat16", "处理器不支持 bfloat16"),
    "form": ("the other engine's form of the model hasn't been pulled", "另一引擎所需的模型格式没有下载"),
}


def engine_text(engine: str, reason: str, language: str) -> str:
    """What runs the generator and why: ``llama.cpp: as the settings say``; "" where that isn't known."""
    if not engine:
        return ""
    english, chinese = ENGINE_REASONS[reason]
    return f"{engine}：{chinese}" if language == "zh" else f"{engine}: {english}"


def reason_text(reason: Reason | None, language: str) -> str:
    """A reason in Chinese ("zh") or, for every other language, in English; "" where there is none."""
    if reason is None:
        return ""
    english, chinese = PHRASES[reason.code]
    return (chinese if language == "zh" else english).replace("{detail}", reason.detail)


def caution_text(names: tuple[str, ...], language: str) -> str:
    """That an answer may be about something else than the question names; "" where nothing says so."""
    if not names:
        return ""
    if language == "zh":
        return f"引用的原文没有说这是 {'、'.join(names)} 的，可能说的是别的。"
    return f"The words cited don't say this of {', '.join(names)}: it may be about something else."
