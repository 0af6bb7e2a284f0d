"""What the generator is told: instructions and three worked examples, the same head for every question.

The head is fixed per language, so a generator that keeps its prefix cache reads it once. The examples show
the two things a small model doesn't do by itself: to cite, and to decline. The one that declines comes first:
as the last one it was followed far too often (17 of 58 answerable questions on the sample were declined, now
10; `eval/data/kb.jsonl`, which the choice was made on). Their facts are invented.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from rag.answer import Turn
from rag.answering.evidence import Evidence
from rag.questions.inquiry import Inquiry
from rag.text.marks import mark

_HISTORY_TURNS = 2
_HISTORY_CHARACTERS = 200
_DECLINE_ZH = "资料中没有相关信息。"
_DECLINE_EN = "The documents do not contain this."


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that is said to the generator or for it, in one language."""

    instructions: str
    passages: str
    question: str
    plainly: str  # the question once more, where the first answer only said it again
    conversation: str
    examples: tuple[tuple[tuple[str, ...], str, str], ...]  # passages, question, answer
    decline: str  # what the generator is to say; also what the reader is shown
    decline_start: str  # the beginning that tells it from an answer
    withheld: str  # what the reader is shown in place of an answer that was taken back
    nearest: str  # {} is the sources that came nearest, with ``comma`` between them
    comma: str
    nothing_passes: str  # what the reader is shown where no passage passes the question's filter
    not_among: str  # likewise, where the answer isn't in what passes: the other documents may hold it


_ZH = Wording(
    instructions=(
        "你是文档问答助手。只根据下面给出的资料，用中文简短直接地回答问题，通常一到两句话，写明具体的数字和名称。"
        "每句话末尾用[编号]标出所依据的资料。资料标有日期而说法不同时，以日期最新的为准。"
        f"资料里没有答案时，不要猜测，只回答：{_DECLINE_ZH}"
    ),
    passages="资料：",
    question="问题：",
    plainly="{question}（只写出所问的内容本身）",
    conversation="此前的对话：",
    examples=(
        (
            ("班车安排\n班车每天早上七点四十从南门发车。", "停车规定\n访客车辆停在北区地面车位。"),
            "班车的票价是多少？",
            _DECLINE_ZH,
        ),
        (
            (
                "员工手册 > 假期\n入职满一年的员工每年有七天年假，满十年的有十二天。",
                "班车安排\n班车每天早上七点四十从南门发车。",
            ),
            "工作满十年的人一年能休几天年假？",
            "入职满十年的员工每年有十二天年假[1]。",
        ),
        (
            (
                "售后服务\n客服热线工作日 9:00–18:00 有人接听。",
                "配件 > 滤芯\n型号 | 适用机型 | 更换周期 | 单价\n"
                "WJ-2031-B | 空气净化器 | 每 900 小时 | 85 元",
            ),
            "空气净化器的滤芯多久换一次？",
            "空气净化器的滤芯每 900 小时更换一次[2]。",
        ),
    ),
    decline=_DECLINE_ZH,
    decline_start="资料",
    withheld="从资料里读不出足够可靠的回答。",
    nearest="最接近的内容来自：{}。",
    comma="、",
    nothing_passes="没有文档符合筛选条件，所以没有可依据的资料。",
    not_among="在筛选出的文档里没有找到答案。",
)

_EN = Wording(
    instructions=(
        "You answer questions from documents. Use only the passages below. Answer in English, directly and "
        "briefly, usually in one or two sentences, with the exact numbers and names. End each sentence with "
        "the [number] of the passage it rests on. Where dated passages differ, follow the latest date. If "
        f"the passages don't hold the answer, don't guess; say only: {_DECLINE_EN}"
    ),
    passages="Passages:",
    question="Question: ",
    plainly="{question} (Give only the thing asked for.)",
    conversation="Conversation so far:",
    examples=(
        (
            (
                "Shuttle bus\nThe bus leaves the south gate at 7:40 every morning.",
                "Parking\nVisitors park on the ground level of the north area.",
            ),
            "What does a ticket for the bus cost?",
            _DECLINE_EN,
        ),
        (
            (
                "Staff handbook > Leave\nStaff with one year of service have seven days of leave a year, "
                "those with ten years have twelve.",
                "Shuttle bus\nThe bus leaves the south gate at 7:40 every morning.",
            ),
            "How much leave does someone get after ten years?",
            "Staff with ten years of service get twelve days of leave a year [1].",
        ),
        (
            (
                "Support\nThe hotline is staffed from 9:00 to 18:00 on working days.",
                "Spare parts > Filters\nPart | Fits | Replace | Price\n"
                "WJ-2031-B | air purifier | every 900 hours | 85 yuan",
            ),
            "How often is the filter of the air purifier changed?",
            "The filter of the air purifier is changed every 900 hours [2].",
        ),
    ),
    decline=_DECLINE_EN,
    decline_start="The documents",
    withheld="I can't tell reliably from the documents.",
    nearest=" The nearest content is in: {}.",
    comma=", ",
    nothing_passes="No document passes the filter, so there is nothing to answer from.",
    not_among="No answer was found in the documents that pass the filter.",
)

# At the start of a passage's line; a passage's own number stands before all of its lines.
_LOOKS_LIKE_PROMPT = re.compile(
    r"\n\s*(?:(?:questions?|answer|passages|问题|回答|资料)[ \t]*[:：]|\[\d{1,3}\])", re.IGNORECASE
)

_DECLINE_MARKERS = (
    "没有相关信息",
    "没有提到",
    "没有提及",
    "未提及",
    "未提到",
    "没有找到",
    "无法回答",
    "无法确定",
    "没有说明",
    "documents do not contain",
    "passages do not contain",
    "does not contain",
    "do not mention",
    "does not mention",
    "not mentioned in",
    "not provided in",
    "no information",
    "don't contain",
    "doesn't mention",
    "cannot be determined",
)


def wording_for(language: str) -> Wording:
    """The wording for a question's language; languages other than Chinese are served in English."""
    return _ZH if language == "zh" else _EN


def head_messages(wording: Wording, *, examples: bool = True) -> list[BaseMessage]:
    """The part of the prompt that is the same for every question in a language.

    A generator that was trained to follow the instructions needs no ``examples``.
    """
    messages: list[BaseMessage] = [SystemMessage(wording.instructions)]
    for passages, question, answer in wording.examples if examples else ():
        messages.append(HumanMessage(_render(wording, passages, question)))
        messages.append(AIMessage(answer))
    return messages


def messages_for(
    inquiry: Inquiry, evidence: Sequence[Evidence], *, examples: bool = True, plainly: bool = False
) -> list[BaseMessage]:
    """The whole prompt for a question; ``plainly``: asked once more, for the thing asked for alone."""
    wording = wording_for(inquiry.language)
    question = wording.plainly.format(question=inquiry.text) if plainly else inquiry.text
    return build_messages(question, evidence, wording, inquiry.history, examples=examples)


def build_messages(
    question: str,
    evidence: Sequence[Evidence],
    wording: Wording,
    history: Sequence[Turn] = (),
    *,
    examples: bool = True,
) -> list[BaseMessage]:
    """The whole prompt: the fixed head, then the numbered passages and the question."""
    passages = [f"{each.title}\n{each.text}" if each.title else each.text for each in evidence]
    rendered = _render(wording, [_as_one_passage(each) for each in passages], question)
    if history:
        turns = "\n".join(
            f"{turn.role}: {turn.content[:_HISTORY_CHARACTERS]}" for turn in history[-_HISTORY_TURNS:]
        )
        rendered = f"{wording.conversation}\n{turns}\n\n{rendered}"
    return [*head_messages(wording, examples=examples), HumanMessage(rendered)]


def is_decline(text: str) -> bool:
    """Whether a generated text says that the passages don't hold the answer, and nothing else."""
    lowered = text.lower().replace("’", "'")
    return len(text) <= 120 and any(marker in lowered for marker in _DECLINE_MARKERS)


def _as_one_passage(text: str) -> str:
    """The text of a passage, no line of which looks like the prompt's own: a question, another passage."""
    if not _LOOKS_LIKE_PROMPT.search(text):
        return text
    flat = re.sub(r"\n\s*\n", "\n", text)
    return _LOOKS_LIKE_PROMPT.sub(
        lambda match: " " + match.group().strip().replace("[", "(").replace("]", ")"), flat
    )


def _render(wording: Wording, passages: Sequence[str], question: str) -> str:
    numbered = "\n".join(f"{mark(number)} {passage}" for number, passage in enumerate(passages, start=1))
    return f"{wording.passages}\n{numbered}\n\n{wording.question}{question}"
