"""Chinese statements out of questions and answers: examples made up for the rules, and what holds of all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.answering_statements import state

EXAMPLES = [
    ("青石桥由谁建造？", "李春生", "青石桥由李春生建造。"),
    ("是谁发明了这种风车？", "王明", "王明发明了这种风车。"),
    ("请问图书馆的馆长是谁呢？", "张华", "图书馆的馆长是张华。"),
    ("青石桥是哪一年建成的？", "1893", "青石桥是1893年建成的。"),
    ("青石橋在何時開放?", "1950年", "青石橋在1950年開放。"),
    ("张华什么时候加入校队？", "2012年", "张华在2012年加入校队。"),
    ("公司的总部在哪里？", "杭州", "公司的总部在杭州。"),
    ("公司的總部在哪裡?", "在臺北", "公司的總部在臺北。"),
    ("这座剧院有多少人？", "500人", "这座剧院有500人。"),
    ("这座剧院有多少个座位？", "620", "这座剧院有620个座位。"),
    ("這座橋有多長?", "320公尺", "這座橋有320公尺長。"),
    ("他是第几位校长？", "第三位", "他是第三位校长。"),
    ("会议多久举行一次？", "每两年", "会议每两年举行一次。"),
    ("哪家公司收购了青石银行？", "远山集团", "远山集团收购了青石银行。"),
    ("青石银行位于哪个国家？", "挪威", "青石银行位于挪威。"),
    ("什么是青石面？", "一种面食", "青石面是一种面食。"),
    ("青石镇的旧称是?", "白水", "青石镇的旧称是白水。"),
    ("这种石头被称为什么？", "青金石", "这种石头被称为青金石。"),
    ("工厂为什么关闭？", "亏损", None),
    ("青石桥怎样建成？", "人工", None),
    ("青石桥是石桥还是木桥？", "石桥", None),
    ("他去过杭州吗？", "去过", None),
    ("谁在哪里开了店？", "张华", None),
    ("下列哪项是水果？", "梨", None),
    ("这座剧院有多少个座位？", "很宽敞", None),
    ("他是谁？", "他来了。他走了", None),
    ("这首歌叫什么？", "《青石", None),
    ("这首歌叫什么？", "", None),
]


@pytest.mark.parametrize(("question", "answer", "statement"), EXAMPLES)
def test_example(question: str, answer: str, statement: str | None) -> None:
    assert state(question, answer) == statement


WORDS = "谁 什么 哪 多少 几 何时 哪裡 的 是 在 人 公司 青石 建成 了 ， ？ 年 12 有 為 吗 个"
PIECES = st.sampled_from(WORDS.split())


@settings(max_examples=150, deadline=None)
@given(
    question=st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=12),
    answer=st.lists(PIECES, max_size=3).map("".join) | st.text(max_size=6),
)
def test_statement_has_the_answer_and_asks_nothing(question: str, answer: str) -> None:
    made = state(question, answer)
    assert made is None or (answer in made and made.endswith("。") and not set("?？") & set(made))
