"""Sentences of documents that are orders to whoever answers from them: data, and never to be carried out.

Source of the threat: Greshake et al., "Not what you've signed up for: compromising real-world LLM-integrated
applications with indirect prompt injection", AISec 2023. A conservative detector, in Chinese and English: an
order must speak to or of a machine that answers, or of answering as such. What it takes out isn't read by the
generator; the stored text, and what the reader is shown of it, stay as they are.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.evidence import Evidence
from rag.text.sentences import Span

logger = logging.getLogger(__name__)

_SAY = r"(?:answer|reply|respond|output|print|say|write|state|tell|repeat|translate)"
_SAYING = r"(?:answers?|repl(?:y|ies)|responses?|outputs?)"
_MACHINE = (
    r"(?:\bAIs?\b|\bartificial intelligence\b|\b(?:large )?language models?\b|\bLLMs?\b|\bchat ?bots?\b"
    r"|\bGPT\b|\b(?:virtual|digital|AI) assistants?\b)"
)
_RULES = (
    r"(?:instructions?|prompts?|rules|directions|guidelines|directives|context|passages|documents|messages)"
)
_MUST = r"(?:must|should|shall|may only|(?:is|are|has|have) to|always|never|do not|don't|please)"
_ZH_SAY = r"(?:回答|回复|答复|作答|输出|应答)"
_ZH_MACHINE = (
    r"(?:人工智能|大模型|语言模型|聊天机器人|机器人助手|智能助手|问答助手|AI ?(?:助手|模型|系统)?|GPT)"
)
_ZH_RULES = r"(?:指令|指示|提示词?|要求|规则|设定|命令|资料|内容|段落|上下文)"
_ZH_MUST = r"(?:必须|应当|应该|应|须|一律|只能|不得|不要|请|要)"

_DROP_YOUR_RULES = (
    rf"\b(?:ignore|disregard|forget|override|bypass|do not follow|don't follow)\b[^.!?\n]{{0,20}}"
    rf"\b(?:previous|prior|above|earlier|preceding|your|all|any|other|these)\b[^.!?\n]{{0,25}}\b{_RULES}\b",
    r"(?:忽略|无视|忘记|忘掉|不要?理会|不要遵守|抛开|跳过)[^。！？\n]{0,6}"
    r"(?:以上|之前|上面|前面|上述|先前|此前|所有|全部|其他|其它|你的|原来的)"
    rf"[^。！？\n]{{0,6}}{_ZH_RULES}",
)
_YOU_MACHINE = (
    rf"{_MACHINE}[^.!?\n]{{0,60}}\b{_MUST}\b[^.!?\n]{{0,60}}"
    rf"\b(?:{_SAY}|decline|refuse|recommend|cite|claim|give|begin|ignore)\b",
    r"\b(?:if|as) (?:you are |you're )?an? (?:AI|language model|LLM|chatbot|assistant)\b",
    rf"^\W*(?:hey |dear |note (?:to|for) )?(?:the |any |all )?(?:{_MACHINE}|assistants?)\b"
    r"[^.!?\n]{0,30}[,:]",
    r"\bthe assistant (?:must|should|shall|will|has to|is to|may only)\b[^.!?\n]{0,40}"
    rf"\b(?:{_SAY}|decline|refuse|recommend|cite)\b",
    rf"{_ZH_MACHINE}[^。！？\n]{{0,12}}{_ZH_MUST}[^。！？\n]{{0,16}}"
    rf"(?:{_ZH_SAY}|拒绝|告诉|建议|推荐|引用|忽略|说)",
    r"(?:如果|若|假如)你是[^。！？\n]{0,6}(?:人工智能|语言模型|大模型|AI|助手|机器人)",
    rf"^\W*(?:给|致)?(?:{_ZH_MACHINE}|助手|机器人)(?:请?注意|的(?:指令|要求|提示|说明))?[，,：:]",
    rf"给 ?{_ZH_MACHINE} ?的(?:指令|要求|提示|说明)",
)
_PLAY_A_PART = (
    r"^\W*you are (?:now|no longer) (?:an? )?\w+\b|\bact as (?:an?|the) \w*bot\b",
    rf"\bfrom now on,? (?:you )?(?:(?:must|will|should|always|only) )*{_SAY}\b",
    r"你(?:现在|从现在起)(?:是|扮演)[^。！？\n]{0,10}(?:助手|机器人|模型|AI|角色)",
    r"(?:从现在(?:起|开始)|以后|今后|从此)[^。！？\n]{0,14}(?:一律|都|只)?"
    rf"{_ZH_SAY}[^。！？\n]{{0,4}}[：:“「]",
    rf"以后[^。！？\n]{{0,14}}一律{_ZH_SAY}",
)
_TELL_A_SECRET = (
    r"\b(?:reveal|print|repeat|output|show|disclose|leak)\b[^.!?\n]{0,30}"
    r"\b(?:system prompt|your (?:prompt|instructions)|hidden (?:prompt|instructions))",
    r"\b(?:your|the) system prompt\b",
    r"(?:泄露|透露|输出|打印|复述|重复|公开|显示|说出)[^。！？\n]{0,10}"
    r"(?:系统提示|提示词|系统指令|你的(?:指令|设定))",
)
_WHATEVER_IS_ASKED = (
    rf"\b(?:every|all|any|each)\b[^.!?\n]{{0,12}}\b(?:questions?|{_SAYING})\b[^.!?\n]{{0,40}}"
    r"\b(?:is|must|should|with|to|you give|of yours)\b[^.!?\n]{0,40}"
    r"(?:[\"“'‘]|https?:|\brefused?\b|\bdeclined?\b)",
    r"\b(?:append|add|insert|include|attach|put)\b[^!?\n]{0,80}\b(?:every|each|all|any|your)\b"
    rf"(?: of your)?[^.!?\n]{{0,10}}\b{_SAYING}\b",
    r"(?:任何|所有|一切|全部|每个|后面的)[^。！？\n]{0,6}(?:问题|提问)[^。！？\n]{0,16}"
    rf"(?:(?:正确|标准|唯一)?答案(?:都|就|只)?是|一律|只{_ZH_SAY}|只用|必须拒绝)",
    rf"(?:一律|只|全部|统一){_ZH_SAY}[^。！？\n]{{0,8}}[“\"「『：:]",
    rf"(?:每个|每条|所有|你的|全部)[^。！？\n]{{0,6}}{_ZH_SAY}[^。！？\n]{{0,6}}"
    r"(?:末尾|结尾|开头|后面|前面|中)[^。！？\n]{0,6}(?:加上|附上|插入|加入|写上|注明)",
    r"\b(?:answer|reply|respond)\b (?:only |solely |exclusively |always )?"
    r"(?:with (?:only )?|using only )(?:the )?(?:words?|phrase|text|sentence)\b",
    rf"^\W*(?:only |just |always )?(?:{_SAY}) (?:only|exactly|nothing but|solely|exclusively)\b",
    r"\boutput the (?:text|word|phrase|string)\b|\bnothing else\b[^.!?\n]{0,5}$",
    r"\brespond to the user\b"
    r"|\bwhen (?:answering|replying to|responding to) (?:\w+ )?(?:questions?|users?)\b",
    rf"^\W*在?{_ZH_SAY}[^。！？\n]{{0,8}}(?:问题|提问)时[，,]?请",
    r"用户(?:的|无论)?[^。！？\n]{0,8}(?:提问|问什么)[^。！？\n]{0,8}(?:只|都|一律|必须)",
    r"别的什么都不要(?:写|说|输出)",
)
_MARKS_OF_A_PROMPT = (
    r"^\W*<\|[a-z_]{2,24}\|>|\[/?INST\]|<</?SYS>>",
    r"^\s*#{2,}\s*(?:system|instructions?|assistant)\b\s*:?\s*$",
    r"^\s*#{2,}\s*(?:系统|指令)(?:提示词?)?\s*[：:]?\s*$",
    r"^\W*(?:system|assistant)\s*[:：]",
    rf"^\W*系统(?:提示词?|指令)?\s*[：:][^。！？\n]{{0,24}}(?:{_ZH_SAY}|拒绝|忽略)",
)
# Whoever writes this speaks to a machine that answers.
_ORDERS = re.compile(
    "|".join(
        (
            *_DROP_YOUR_RULES,
            *_YOU_MACHINE,
            *_PLAY_A_PART,
            *_TELL_A_SECRET,
            *_WHATEVER_IS_ASKED,
            *_MARKS_OF_A_PROMPT,
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)
# What follows an order in the same paragraph and speaks of answering belongs to it.
_GOES_ON = re.compile(
    rf"\b(?:{_SAY}|refuse|decline|{_SAYING}|password|instead|user)\b|{_ZH_SAY}|拒绝|只说|告诉|用户|密码",
    re.IGNORECASE,
)


def without_orders(evidence: Sequence[Evidence]) -> tuple[list[Evidence], tuple[str, ...]]:
    """Leave sentences that are orders to an assistant out of what is read.

    Returns:
        The evidence, numbered anew, without passages that are nothing but orders; and the orders.
    """
    kept: list[Evidence] = []
    orders: list[str] = []
    for each in evidence:
        text = each.passage.page_content
        refused = sorted(_orders_among(text, each.spans))
        orders.extend(" ".join(text[start:end].split()) for start, end in refused)
        spans = tuple(span for span in each.spans if span not in refused)
        if spans:
            kept.append(replace(each, number=len(kept) + 1, spans=spans))
    if orders:
        logger.warning(
            "%d sentences of the documents are orders to an assistant and weren't read", len(orders)
        )
    return kept, tuple(orders)


def is_order(sentence: str) -> bool:
    """Whether a sentence tells an assistant what to do."""
    return _ORDERS.search(sentence) is not None


def _orders_among(text: str, spans: Sequence[Span]) -> set[Span]:
    found: set[Span] = set()
    previous: Span | None = None
    for span in spans:
        sentence = text[span.start : span.end]
        goes_on = (
            previous is not None
            and "\n\n" not in text[previous.end : span.start]
            and _GOES_ON.search(sentence) is not None
        )
        if is_order(sentence) or goes_on:
            found.add(span)
            previous = span
        else:
            previous = None
    return found
