"""Sentences of documents that are orders to whoever answers from them: data, and never to be carried out.

Source of the threat: Greshake et al., "Not what you've signed up for: compromising real-world LLM-integrated
applications with indirect prompt injection", AISec 2023. A conservative detector of the plainest kinds, in
Chinese and English: a role's mark, an order to drop the rules or to tell the prompt, one addressed to a
machine. What it takes out isn't read by the generator; the stored text, and what the reader is shown of it,
stay as they are. Against everything else stands the structure: a passage can't look like a part of the prompt
(`rag.answering.prompt`), and what an answer says must stand in its evidence (`rag.answering.support`).
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.evidence import Evidence

logger = logging.getLogger(__name__)

_RULES = (
    r"(?:instructions?|prompts?|rules|directions|guidelines|directives|context|passages|documents|messages)"
)
_ZH_RULES = r"(?:指令|指示|提示词?|要求|规则|设定|命令|资料|内容|段落|上下文)"
_ROLE_MARKS = (
    r"^\W*<\|[a-z_]{2,24}\|>|\[/?INST\]|<</?SYS>>",
    r"^\s*#{2,}\s*(?:system|instructions?|assistant|系统|指令)(?:提示词?)?\s*[:：]?\s*$",
    r"^\W*(?:system|assistant)\s*[:：]",
    r"^\W*系统(?:提示词?|指令)?\s*[：:][^。！？\n]{0,24}(?:回答|回复|输出|拒绝|忽略)",
)
_DROP_YOUR_RULES = (
    r"\b(?:ignore|disregard|forget|override|bypass|do not follow|don't follow)\b[^.!?\n]{0,20}"
    r"\b(?:previous|prior|above|earlier|preceding|your|all|any|other|these)\b[^.!?\n]{0,25}"
    rf"\b{_RULES}\b",
    r"(?:忽略|无视|忘记|忘掉|不要?理会|不要遵守|抛开|跳过)[^。！？\n]{0,6}"
    r"(?:以上|之前|上面|前面|上述|先前|此前|所有|全部|其他|其它|你的|原来的)"
    rf"[^。！？\n]{{0,6}}{_ZH_RULES}",
)
_TELL_THE_PROMPT = (
    r"\b(?:reveal|print|repeat|output|show|disclose|leak)\b[^.!?\n]{0,30}"
    r"\b(?:system prompt|your (?:prompt|instructions)|hidden (?:prompt|instructions))",
    r"(?:泄露|透露|输出|打印|复述|重复|公开|显示|说出)[^。！？\n]{0,10}"
    r"(?:系统提示|提示词|系统指令|你的(?:指令|设定))",
)
_TO_A_MACHINE = (
    r"\b(?:AIs?|language models?|LLMs?|chat ?bots?|(?:virtual|digital) assistants?)\b[^.!?\n]{0,60}"
    r"\b(?:must|shall|should|always|never|do not|please)\b[^.!?\n]{0,60}"
    r"\b(?:answer|reply|respond|output|say|tell|write|decline|refuse|recommend|cite|give)\b",
    r"(?:人工智能|语言模型|大模型|聊天机器人|智能助手|问答助手|\bAI ?(?:助手|模型|系统)?)[^。！？\n]{0,12}"
    r"(?:必须|应|不得|不要|请|要|一律)[^。！？\n]{0,16}(?:回答|回复|输出|拒绝|告诉|推荐|建议|引用|说)",
)
_ORDERS = re.compile(
    "|".join((*_ROLE_MARKS, *_DROP_YOUR_RULES, *_TELL_THE_PROMPT, *_TO_A_MACHINE)),
    re.IGNORECASE | re.MULTILINE,
)


def without_orders(evidence: Sequence[Evidence]) -> tuple[list[Evidence], tuple[str, ...]]:
    """Leave sentences that are orders to an assistant out of what is read.

    Returns:
        The evidence without passages that are nothing but orders; and the orders.
    """
    kept: list[Evidence] = []
    orders: list[str] = []
    for each in evidence:
        text = each.passage.page_content
        refused = {span for span in each.spans if is_order(text[span.start : span.end])}
        orders.extend(" ".join(text[start:end].split()) for start, end in sorted(refused))
        spans = tuple(span for span in each.spans if span not in refused)
        if spans:
            kept.append(replace(each, spans=spans))
    if orders:
        logger.warning(
            "%d sentences of the documents are orders to an assistant and weren't read", len(orders)
        )
    return kept, tuple(orders)


def is_order(sentence: str) -> bool:
    """Whether a sentence tells an assistant what to do."""
    return _ORDERS.search(sentence) is not None
