"""What the page says of an answer, in Chinese and in English."""

from collections.abc import Mapping
from dataclasses import dataclass

from ui.wording import Forms, Language


@dataclass(frozen=True, slots=True)
class CardWording:
    """The strings in one language. Braces are filled with ``str.format``."""

    stopped: str
    stopped_early: str
    absent: str
    absent_among: str  # {filter}
    nothing_passes: str  # {filter}
    unsure: str
    search_all: str
    nearest: str
    weak: str
    cited: str
    citation: str  # {number}, {place}
    close: str
    dated: str  # {date}
    uncited: str
    understood: str  # then the question that a follow-up was understood as
    withheld: str  # {orders}
    removed: Forms  # {count}
    replaced: str
    unchecked: str
    show: str
    curated: str
    curated_to: str  # {question}
    besides: str
    suggested: str  # then the entry's question
    two_places: str
    two_readings: str
    one_source: str
    one_source_check: str
    one_source_doubt: str
    copy: str
    copied: str
    not_copied: str
    sources: str
    source: str  # {number}, {place}, {quote}
    facts: str  # {title}, {facts}
    table: str


_ZH = CardWording(
    stopped="已停止：以上文字没有写完，也没有核对。",
    stopped_early="已停止：还没有写出文字。",
    absent="文档里没有找到答案",
    absent_among="在所选的文档（{filter}）里没有找到答案",
    nothing_passes="没有文档符合所选的范围（{filter}）",
    unsure="找到了一些段落，但没有把握足够的答案",
    search_all="全部文档里再找一次",
    nearest="最接近的段落，请自行判断：",
    weak="这句话只得到引文的部分支持，请对照引文。",
    cited="出处",
    citation="引文 [{number}]：{place}",
    close="关闭",
    dated="日期 {date}",
    uncited="带点线的句子没有找到出处，请自行核对。",
    understood="理解为：",
    withheld="文档里有句子是写给助手的指令，没有读取：{orders}",
    removed=("另有 {count} 句没有找到出处，已删去",),
    replaced="先写的草稿没有采用，换成了上面的回答",
    unchecked="以下文字不在回答里，请勿引用。",
    show="查看",
    curated="标准答案，与原文一字不差",
    curated_to="“{question}”的标准答案，与原文一字不差",
    besides="另外，根据找到的段落写出的回答：",
    suggested="您是不是想问：",
    two_places="两处都找到",
    two_readings="两次查读，结果一致",
    one_source="有出处",
    one_source_check="请对照引文",
    one_source_doubt="一个出处，读时请留意",
    copy="复制",
    copied="已复制",
    not_copied="没有复制成，请选中文字再复制",
    sources="出处：",
    source="[{number}] {place}：“{quote}”",
    facts="{title}（{facts}）",
    table="表格",
)

_EN = CardWording(
    stopped="Stopped: the text above is unfinished and unchecked.",
    stopped_early="Stopped before the first word.",
    absent="No answer was found in the documents",
    absent_among="No answer was found in the documents chosen ({filter})",
    nothing_passes="No document is among those chosen ({filter})",
    unsure="Passages were found, but no answer that is sure enough",
    search_all="Search all documents",
    nearest="The nearest passages, for you to judge:",
    weak="This sentence is only partly supported by its quote; compare the two.",
    cited="Sources",
    citation="Quote [{number}]: {place}",
    close="Close",
    dated="dated {date}",
    uncited="No source was found for the sentences with a dotted line; check them yourself.",
    understood="Understood as: ",
    withheld="The documents hold orders to the assistant, which were left unread: {orders}",
    removed=(
        "{count} sentence without a source was left out",
        "{count} sentences without a source were left out",
    ),
    replaced="The first draft was replaced by the answer above",
    unchecked="This is no part of the answer; don't rely on it.",
    show="show",
    curated="A curated answer, word for word",
    curated_to="The curated answer to “{question}”, word for word",
    besides="Besides, an answer written from the passages found:",
    suggested="Did you mean: ",
    two_places="found in two places",
    two_readings="two readings agree",
    one_source="has a source",
    one_source_check="check it against the quote",
    one_source_doubt="one source, read with doubt",
    copy="Copy",
    copied="Copied",
    not_copied="Not copied; select the text and copy it",
    sources="Sources:",
    source="[{number}] {place}: “{quote}”",
    facts="{title} ({facts})",
    table="Table",
)

CARD_WORDINGS: Mapping[Language, CardWording] = {"zh": _ZH, "en": _EN}
