"""What the generator is told to write a question with its answer, and how its reply is read."""

import re
from dataclasses import dataclass

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from rag.answering.evidence import Evidence
from rag.passage import metadata_of
from rag.text.sentences import Span, split_sentences


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question and the answer that is said to stand in the passage."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that is said to the generator, in one language."""

    instructions: str
    task: str  # with {title}, {passage} and {sentence}
    reply: str  # with {question} and {answer}
    examples: tuple[tuple[str, str, str, str, str], ...]  # title, passage, sentence, question, answer


_ZH = Wording(
    instructions=(
        "你为文档问答测试出题。根据资料中指定的一句话，写一个用户会问的问题和它的答案。要求：\n"
        "1. 问题要具体，写出所问的产品、部门、地点或事项的全名，没看过资料的人也能看懂；"
        "不要出现“本文”“上文”“该”“这”“根据资料”等字样。\n"
        "2. 答案是从这句话里原样抄下来的几个字：一个数字、日期、名称或短语。\n"
        "3. 问题里不能出现答案，而且只有一个答案；不要出用“是”或“否”回答的问题。\n"
        "只写两行：\n问题：……\n答案：……"
    ),
    task="标题：{title}\n资料：{passage}\n\n指定的句子：{sentence}",
    reply="问题：{question}\n答案：{answer}",
    examples=(
        (
            "北园区班车安排",
            "班车每天早上七点四十从南门发车，晚上六点半返回。周末不开。",
            "班车每天早上七点四十从南门发车，晚上六点半返回。",
            "北园区的班车早上几点发车？",
            "七点四十",
        ),
        (
            "配件 > 滤芯",
            "WJ-2031-B: 适用机型 空气净化器; 更换周期 每 900 小时; 单价 85 元",
            "WJ-2031-B | 空气净化器 | 每 900 小时 | 85 元",
            "空气净化器的滤芯 WJ-2031-B 多久更换一次？",
            "每 900 小时",
        ),
    ),
)

_EN = Wording(
    instructions=(
        "You write questions to test a document search. From the given sentence of a passage, write one "
        "question that a user would ask, and its answer.\n"
        "1. The question is specific: it names in full the product, department, place or matter that it is "
        'about, so that someone who has never seen the passage understands it. Never write "this", "the '
        'passage", "the document" or "according to".\n'
        "2. The answer is copied word for word from the sentence: a number, a date, a name or a few words.\n"
        "3. The question doesn't hold its answer, has only one answer, and isn't answered by yes or no.\n"
        "Write in the passage's language, and only two lines:\nQuestion: ...\nAnswer: ..."
    ),
    task="Title: {title}\nPassage: {passage}\n\nThe sentence: {sentence}",
    reply="Question: {question}\nAnswer: {answer}",
    examples=(
        (
            "North campus shuttle bus",
            "The bus leaves the south gate at 7:40 every morning and returns at 18:30. There is none on "
            "Sundays.",
            "The bus leaves the south gate at 7:40 every morning and returns at 18:30.",
            "When does the north campus shuttle bus leave in the morning?",
            "7:40",
        ),
        (
            "Spare parts > Filters",
            "WJ-2031-B: Fits air purifier; Replace every 900 hours; Price 85 yuan",
            "WJ-2031-B | air purifier | every 900 hours | 85 yuan",
            "How often is the filter WJ-2031-B of the air purifier replaced?",
            "every 900 hours",
        ),
    ),
)

_QUESTION = re.compile(
    r"^\W*(?:question|q|问题|问|题目)\W*?[:：][^\S\n]*(\S.*)$", re.IGNORECASE | re.MULTILINE
)
_ANSWER = re.compile(r"^\W*(?:answer|a|答案|答)\W*?[:：][^\S\n]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_QUOTES = "\"'“”‘’「」『』《》*` "


def wording_for(language: str) -> Wording:
    """The wording for a passage's language; languages other than Chinese are served in English."""
    return _ZH if language == "zh" else _EN


def head_messages(wording: Wording) -> list[BaseMessage]:
    """The part of the prompt that is the same for every passage in a language."""
    messages: list[BaseMessage] = [SystemMessage(wording.instructions)]
    for title, passage, sentence, question, answer in wording.examples:
        messages.append(HumanMessage(wording.task.format(title=title, passage=passage, sentence=sentence)))
        messages.append(AIMessage(wording.reply.format(question=question, answer=answer)))
    return messages


def writing_messages(passage: Document, sentence: Span) -> list[BaseMessage]:
    """The whole prompt for a sentence of a passage, which is shown as the answering generator would read it.

    Args:
        passage: the passage.
        sentence: code points into its text.
    """
    wording = wording_for(metadata_of(passage)["lang"])
    evidence = Evidence(passage, tuple(split_sentences(passage.page_content)))
    task = wording.task.format(
        title=evidence.title or metadata_of(passage)["source"],
        passage=evidence.text,
        sentence=passage.page_content[sentence.start : sentence.end],
    )
    return [*head_messages(wording), HumanMessage(task)]


def parse_reply(reply: str) -> QuestionDraft | None:
    """The question and the answer of a reply, or None where it isn't of that form.

    Quotation marks around either are taken off, and a full stop after the answer.
    """
    question, answer = _QUESTION.search(reply), _ANSWER.search(reply)
    if question is None or answer is None:
        return None
    asked = question.group(1).strip(_QUOTES)
    said = answer.group(1).strip(_QUOTES).rstrip("。.").strip(_QUOTES)
    return QuestionDraft(asked, said) if asked and said else None
