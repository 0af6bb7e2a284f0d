"""What the generator is told when it rewrites a question: the same head for every question of a language.

The facts of the examples are invented.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from rag.answer import Question, Turn
from rag.text.language import language_of
from rag.text.marks import without_marks

_TURNS = 4  # messages of the conversation that are read
_CHARACTERS = 160  # of each

_INSTRUCTIONS = {
    "zh": (
        "把新问题改写成一个不看上文也能看懂的问句：用上文里的名称代替“它”“那”等词，补上省略的部分。保留新问题里的"
        "全部数字、型号、名称和否定词，只补上文说过的词。只写一个问句，不要抄上文的问题，不要回答。"
    ),
    "en": (
        "Rewrite the new question as one question that can be understood by itself: put the names of the "
        "conversation in the place of words like it and that, and fill in what is left out. Keep every "
        "number, code, name and negation of the new question and add only words from the conversation. Write "
        "one question; don't repeat the earlier question and don't answer."
    ),
}
_EXAMPLES: dict[str, tuple[tuple[tuple[str, ...], str, str], ...]] = {
    "zh": (
        (("晨雾 M3 咖啡机的水箱容量是多少？", "水箱容量为 1.8 升。"), "它有多高？", "晨雾 M3 咖啡机有多高？"),
        (
            ("晨雾门店的全麦面包能放几天？", "全麦面包能放三天。"),
            "杂粮的呢？",
            "晨雾门店的杂粮面包能放几天？",
        ),
        (
            ("会员卡在北区门店怎么办理？", "在北区门店前台填表办理。"),
            "那南区呢？",
            "会员卡在南区门店怎么办理？",
        ),
        (
            ("晨雾门店周末几点关门？", "晚上九点关门。"),
            "五一也一样吗？",
            "晨雾门店五一也是晚上九点关门吗？",
        ),
        (
            ("退咖啡机要带什么？", "要带小票。"),
            "超过30天的怎么退？",
            "超过30天的咖啡机怎么退？",
        ),
        (
            ("门店员工一年有几次体检？", "正式员工每年一次。"),
            "兼职不满3个月的也没有吗？",
            "兼职不满3个月的门店员工也没有体检吗？",
        ),
        (
            ("M3 的滤纸多少钱？", "12 元一包。", "磨豆机呢？", "磨豆机 260 元。"),
            "这两样买2件打几折？",
            "M3 的滤纸和磨豆机买2件打几折？",
        ),
    ),
    "en": (
        (
            ("What is the tank size of the Mist M3 coffee maker?", "The tank holds 1.8 litres."),
            "How tall is it?",
            "How tall is the Mist M3 coffee maker?",
        ),
        (
            ("How long does wholegrain bread keep in the store?", "It keeps for three days."),
            "And the rye?",
            "How long does rye bread keep in the store?",
        ),
        (
            ("How do I get a member card in the north store?", "Fill in the form at its desk."),
            "What about the south one?",
            "How do I get a member card in the south store?",
        ),
        (
            ("Do store employees get a medical check?", "Permanent employees get one a year."),
            "Isn't it free for those with 2 shifts?",
            "Isn't the medical check free for store employees with 2 shifts?",
        ),
        (
            ("What do the M3 filters cost?", "12 yuan.", "And the grinder?", "260 yuan."),
            "Are they delivered on Sundays?",
            "Are the M3 filters and the grinder delivered on Sundays?",
        ),
    ),
}
_LABELS = {
    "zh": ("上文的问题：", "上文的回答：", "新问题：{0}\n把新问题“{0}”补充完整："),
    "en": ("Earlier question: ", "Earlier answer: ", "New question: {0}\nThe new question, complete:"),
}


def rewriting_messages(question: Question) -> list[BaseMessage]:
    """The prompt: the fixed head of the question's language, then the last turns and the question."""
    language = language_to_write(question)
    return [
        *rewriting_head(language),
        HumanMessage(_render(language, recent_turns(question), question.text)),
    ]


def recent_turns(question: Question) -> list[tuple[bool, str]]:
    """The last messages: whether each is the user's, and its text without the marks of citations."""
    return [
        (turn.role == "user", without_marks(turn.content)[:_CHARACTERS])
        for turn in question.history[-_TURNS:]
    ]


def language_to_write(question: Question) -> str:
    """The follow-up's language, or, of one that has nothing but a code, the last question's."""
    text = question.text if re.search(r"[^\W\d_]{2}", question.text) else last_question(question.history)
    return "zh" if language_of(text) == "zh" else "en"


def last_question(history: Sequence[Turn]) -> str:
    """What the user asked last; empty where nothing was asked."""
    return next((turn.content.strip() for turn in reversed(history) if turn.role == "user"), "")


def rewriting_head(language: str) -> list[BaseMessage]:
    """The part of the prompt that is the same for every question of a language, "zh" or "en"."""
    messages: list[BaseMessage] = [SystemMessage(_INSTRUCTIONS[language])]
    for turns, follow_up, rewritten in _EXAMPLES[language]:
        spoken = [(index % 2 == 0, text) for index, text in enumerate(turns)]
        messages.append(HumanMessage(_render(language, spoken, follow_up)))
        messages.append(AIMessage(rewritten))
    return messages


def _render(language: str, turns: Sequence[tuple[bool, str]], follow_up: str) -> str:
    asks, answers, task = _LABELS[language]
    lines = [f"{asks if is_user else answers}{' '.join(text.split())}" for is_user, text in turns]
    return "\n".join([*lines, task.format(" ".join(follow_up.split()))])
