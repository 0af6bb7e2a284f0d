"""The page's languages, and what it says of itself, its filter and its knowledge base in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
Forms = tuple[str, ...]  # for one, then for every other number; a language with one form has that alone
LANGUAGES: Mapping[Language, str] = {"zh": "中文", "en": "English"}


@dataclass(frozen=True, slots=True)
class Wording:
    """The page's strings in one language. Braces are filled with ``str.format``."""

    language: Language
    html_lang: str
    name: str
    tagline: str
    welcome: str
    placeholder: str
    stop: str
    found: str  # {count}
    separator: str
    new_conversation: str
    filter: str
    filter_used: str
    filter_any: str
    filter_folders: str
    filter_roots: str
    filter_types: str
    filter_languages: str
    filter_since: str
    filter_until: str
    filter_clear: str
    knowledge_base: str
    contents: str
    documents: Forms  # {count}
    passages: Forms  # {count}
    holdings: str  # {documents}, {passages}
    failed: str  # {count}
    version: str
    generation: str  # {generation}
    newest: str
    embedder: str
    generator: str
    device: str
    extractive: str
    elsewhere: str  # {url}
    own_folder_text: str
    folder: str


_ZH = Wording(
    language="zh",
    html_lang="zh-Hans",
    name="问据",
    tagline="问你的文档，答案附出处",
    welcome="用中文或英文提问。答案核对过出处才显示；点答案里的编号，就能看到它所依据的原文。",
    placeholder="请输入问题",
    stop="停止",
    found="找到的段落（{count}）",
    separator="、",
    new_conversation="新的对话",
    filter="筛选文档",
    filter_used="只找了这些文档",
    filter_any="不限",
    filter_folders="文件夹",
    filter_roots="收入的文件夹",
    filter_types="文件类型",
    filter_languages="语言",
    filter_since="日期不早于",
    filter_until="日期不晚于",
    filter_clear="清除筛选",
    knowledge_base="知识库",
    documents=("{count} 份文档",),
    passages=("{count} 个段落",),
    holdings="{documents}，{passages}",
    contents="内容",
    failed="；另有 {count} 份读取失败",
    version="版本",
    generation="第 {generation} 版",
    newest="最新文档的日期",
    embedder="向量模型",
    generator="生成模型",
    device="设备",
    extractive="摘录原句（不用语言模型）",
    elsewhere="由 {url} 提供",
    own_folder_text="在终端里运行下面的命令，把文件夹收入当前知识库；网页会自动跟上，不必重启。",
    folder="文件夹",
)

_EN = Wording(
    language="en",
    html_lang="en",
    name="Wenju",
    tagline="Ask your documents; every answer shows its evidence",
    welcome=(
        "Ask in Chinese or English. An answer is shown once its sources are checked; click a number in it to "
        "see the words it rests on."
    ),
    placeholder="Ask a question",
    stop="Stop",
    found="Passages found ({count})",
    separator=", ",
    new_conversation="New conversation",
    filter="Filter documents",
    filter_used="Searched only",
    filter_any="any",
    filter_folders="Folder",
    filter_roots="Ingested folder",
    filter_types="File type",
    filter_languages="Language",
    filter_since="Dated from",
    filter_until="Dated until",
    filter_clear="Clear the filter",
    knowledge_base="Knowledge base",
    documents=("{count} document", "{count} documents"),
    passages=("{count} passage", "{count} passages"),
    holdings="{documents}, {passages}",
    contents="Contents",
    failed="; {count} more could not be read",
    version="Version",
    generation="generation {generation}",
    newest="Newest document",
    embedder="Embedder",
    generator="Generator",
    device="Device",
    extractive="extractive (quotes sentences, no language model)",
    elsewhere="served by {url}",
    own_folder_text=(
        "Run this in a terminal to take a folder into this knowledge base. The page follows by itself; "
        "there is no need to restart it."
    ),
    folder="FOLDER",
)

WORDINGS: Mapping[Language, Wording] = {"zh": _ZH, "en": _EN}


def counted(count: int, forms: Forms) -> str:
    """So many of something, in words: ``1 passage``, ``1,200 passages``."""
    return forms[0 if count == 1 else -1].format(count=f"{count:,}")


def language_for(locale: str | None) -> Language:
    """The interface language for a browser's locale such as ``zh-CN``; English for all others."""
    return "zh" if locale is not None and locale.lower().startswith("zh") else "en"
