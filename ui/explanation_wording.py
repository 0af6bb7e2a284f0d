"""What the page says of how an answer came about, in Chinese and in English."""

from collections.abc import Mapping
from dataclasses import dataclass

from ui.wording import Forms, Language


@dataclass(frozen=True, slots=True)
class ExplanationWording:
    """The strings in one language. Braces are filled with ``str.format``."""

    label: str
    searched: str
    stage: str  # {name}, {passages}
    shown: str  # {shown}
    rank: str
    place: str
    dropped: str
    read: str  # {passages}
    read_tokens: str  # {passages}, {tokens}
    tokens: Forms  # {count}
    share: str  # {read}, {all}
    draft: str
    draft_by: str  # {generator}, {tokens}
    engine: str  # {engine}
    first_draft: str
    found: str
    dropped_citation: str  # {number}
    removed: str  # {sentence}
    checked: str
    support: str
    unmeasured: str
    no_citation: str
    curated: str  # {probability}
    maybe_curated: str  # {probability}
    sure: str
    times: str
    search: str
    first_word: str
    writing: str
    total: str
    seconds: str  # {seconds}
    names: Mapping[str, str]  # of stages and of their scores, where they are known

    def name(self, name: str) -> str:
        """A stage's or a score's name for people."""
        return self.names.get(name, name)


_ZH = ExplanationWording(
    label="怎么得出的",
    searched="实际查找的文字",
    stage="{name}（{passages}）",
    shown="只列出前 {shown} 个。",
    rank="名次",
    place="段落",
    dropped="未入选",
    read="读了 {passages}",
    read_tokens="读了 {passages}，提示共 {tokens}",
    tokens=("{count} 个词元",),
    share="读了 {read} 字，共 {all} 字",
    draft="写出的草稿",
    draft_by="写出的草稿（{generator}，{tokens}）",
    engine="运行引擎 {engine}",
    first_draft="先前的草稿，没有采用",
    found="另一次阅读找到的内容",
    dropped_citation="草稿里的编号 [{number}] 没有对应的段落，已去掉。",
    removed="没有段落支持，已删去：{sentence}",
    checked="逐句核对",
    support="原文支持",
    unmeasured="未测",
    no_citation="没有出处",
    curated="与一条常见问题相符，概率 {probability}，直接用它的原文作答。",
    maybe_curated="也许是一条常见问题，概率 {probability}，列在答案旁边。",
    sure="估计回答正确的可能性",
    times="用时",
    search="查找",
    first_word="到首字",
    writing="写作",
    total="共",
    seconds="{seconds} 秒",
    names={
        "candidates": "候选",
        "names followed": "加上所涉名称后",
        "in turns": "按各部分轮流选取",
        "retrieved": "选出",
        "score": "总分",
        "dense": "语义",
        "lexical": "用词",
        "corrected": "跨语言",
        "translated": "译词",
    },
)

_EN = ExplanationWording(
    label="How we got this",
    searched="Searched for",
    stage="{name} ({passages})",
    shown="The first {shown} are listed.",
    rank="Rank",
    place="Passage",
    dropped="not chosen",
    read="Read: {passages}",
    read_tokens="Read: {passages}, a prompt of {tokens}",
    tokens=("{count} token", "{count} tokens"),
    share="{read} of {all} characters read",
    draft="The draft",
    draft_by="The draft ({generator}, {tokens})",
    engine="Run by {engine}",
    first_draft="An earlier draft, which was given up",
    found="What a second reading found",
    dropped_citation="The draft's number [{number}] was dropped: no passage has it.",
    removed="Removed, as no passage supports it: {sentence}",
    checked="Checked sentence by sentence",
    support="support",
    unmeasured="not measured",
    no_citation="cites nothing",
    curated="A curated question was asked, with probability {probability}: its own answer was given.",
    maybe_curated="A curated question may be meant, with probability {probability}: it is shown beside.",
    sure="Estimated probability that the answer is right",
    times="Times",
    search="search",
    first_word="to the first word",
    writing="writing",
    total="in all",
    seconds="{seconds} s",
    names={
        "candidates": "Candidates",
        "names followed": "With the names found",
        "in turns": "Taken from each part in turn",
        "retrieved": "Chosen",
        "score": "total",
        "dense": "meaning",
        "lexical": "words",
        "corrected": "cross-language",
        "translated": "translated words",
    },
)

EXPLANATION_WORDINGS: Mapping[Language, ExplanationWording] = {"zh": _ZH, "en": _EN}
