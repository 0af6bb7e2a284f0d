"""What the page's frame says, in both languages: how far an answer is, errors, Streamlit's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.errors import (
    ConfigError,
    GenerationError,
    KnowledgeBaseBusy,
    KnowledgeBaseCorrupt,
    KnowledgeBaseError,
    KnowledgeBaseMismatch,
    KnowledgeBaseNotFound,
    RagError,
    WeightsError,
)
from ui.wording import Forms, Language

Trouble = tuple[str, str]  # what stopped, in a few words, and what the reader can do


@dataclass(frozen=True, slots=True)
class FrameWording:
    """The frame's strings in one language. Braces are filled with ``str.format``.

    ``streamlit``: what Streamlit says in English, and what stands in its place; ``beginnings``: likewise of
    labels that go on with something else.
    """

    loading: str
    searching: str
    reading: str
    writing: str
    checking: str
    draft: str
    reads: str
    again: str
    retry: str
    stale: str
    gone: str
    newer: str  # the answers below are from a newer state of the documents
    took: str  # {seconds}
    filter_next: str
    examples: str
    holds: Forms  # {count}
    too_long: str  # {limit}, {over}
    box: str
    operator: str
    details: str
    answered: str
    crashed: Trouble
    troubles: Mapping[type[RagError], Trouble]
    streamlit: Mapping[str, str] = field(default_factory=dict)
    beginnings: Mapping[str, str] = field(default_factory=dict)

    def trouble(self, error: RagError) -> Trouble:
        """What kind of error it is, and what the reader can do; its own message is for the operator."""
        for kind in type(error).__mro__:
            if kind in self.troubles:
                return self.troubles[kind]
        return self.crashed


_STOPPED = (  # what Streamlit says where its server is gone
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:"
)
_ASK_OPERATOR_ZH = "请找负责这个网页的人，把下面的细节给他看。"
_ASK_OPERATOR_EN = "Please show the details below to whoever runs this page."

_ZH = FrameWording(
    loading="正在准备，第一次要等十几秒",
    searching="正在查找",
    reading="正在阅读找到的段落",
    writing="正在写",
    checking="正在核对出处",
    draft="看草稿（还没有核对，请勿引用）",
    reads="正在读",
    again="重新问",
    retry="再试一次",
    stale="出处后来改过。",
    gone="出处后来没有了。",
    newer="文档在这之前更新过，下面的回答用的是新的文档。",
    took="用了 {seconds} 秒",
    filter_next="下一个问题只在这些文档里找",
    examples="可以这样问：",
    holds=("这里有 {count} 份文档。",),
    too_long="问题最多 {limit} 字，还要删去 {over} 字。",
    box="问题",
    operator="给管理员",
    details="给管理员看的细节",
    answered="回答：",
    crashed=("程序出错了，这次没有答案。", "问题已留下，可以再试一次。服务器的日志里有详细情况。"),
    troubles={
        ConfigError: ("问题或设置不对。", _ASK_OPERATOR_ZH),
        WeightsError: ("回答用的模型没有装好。", _ASK_OPERATOR_ZH),
        GenerationError: ("回答没有写成。", "问题已留下，可以再试一次。"),
        KnowledgeBaseNotFound: (
            "没有可以查的文档。",
            "文档还没有收入，或者被移走了。有了以后，这里会自己恢复，不用刷新。",
        ),
        KnowledgeBaseMismatch: ("文档要重新收入才能查。", _ASK_OPERATOR_ZH),
        KnowledgeBaseCorrupt: ("存文档的库坏了，读不了。", _ASK_OPERATOR_ZH),
        KnowledgeBaseBusy: ("文档正在更新。", "请稍等再问。"),
        KnowledgeBaseError: ("文档现在查不了。", _ASK_OPERATOR_ZH),
        RagError: ("这次没有做成。", _ASK_OPERATOR_ZH),
    },
    streamlit={
        "Skip to main content": "跳到正文",
        "Select all": "全选",
        "Send message": "发送",
        "Stop script": "停止",
        "Expand sidebar": "展开侧栏",
        "Collapse sidebar": "收起侧栏",
        "Sidebar": "侧栏",
        "Close": "关闭",
        "Clear all": "全部清除",
        "Clear value": "清除",
        "Clear date": "清除日期",
        "Choose date": "选日期",
        "Open": "打开",
        "Selected values": "已选",
        "No results": "没有",
        "Previous month": "上个月",
        "Next month": "下个月",
        "Notifications": "通知",
        "Main menu": "菜单",
        "Theme": "外观",
        "Running...": "正在运行",
        "Copy to clipboard": "复制",
        "Help": "说明",
        "Link to heading": "到这一节的链接",
        "Connection error": "连不上回答服务",
        _STOPPED: ("问题和回答都还在这一页上。服务恢复后会自己接上。"),
        "Streamlit server is not responding. Are you connected to the internet?": (
            "请看网络是否连着。问题和回答都还在这一页上，恢复后会自己接上。"
        ),
    },
    beginnings={
        "Chat message from user": "问题",
        "Chat message from assistant": "回答",
        "Remove ": "去掉 ",
    },
)

_EN = FrameWording(
    loading="Getting ready; the first time takes some ten seconds",
    searching="Searching",
    reading="Reading the passages found",
    writing="Writing",
    checking="Checking the sources",
    draft="See the draft (not checked yet, don't rely on it)",
    reads="Being read",
    again="Ask again",
    retry="Try again",
    stale="The source has changed since.",
    gone="The source has gone since.",
    newer="The documents were updated before this. The answers below use the new ones.",
    took="Took {seconds} seconds",
    filter_next="The next question searches only",
    examples="You can ask, for example:",
    holds=("There is {count} document here.", "There are {count} documents here."),
    too_long="A question has at most {limit} characters. Take out {over} more.",
    box="Question",
    operator="For the administrator",
    details="Details for the administrator",
    answered="Answer: ",
    crashed=(
        "Something went wrong inside the program, and there is no answer.",
        "Your question is kept; you can try again. The server's log has more.",
    ),
    troubles={
        ConfigError: ("The question or a setting is wrong.", _ASK_OPERATOR_EN),
        WeightsError: ("The model that answers isn't installed.", _ASK_OPERATOR_EN),
        GenerationError: ("The answer couldn't be written.", "Your question is kept; you can try again."),
        KnowledgeBaseNotFound: (
            "There are no documents to answer from.",
            "None were added yet, or they were moved away. Once they are there, this page goes on by itself.",
        ),
        KnowledgeBaseMismatch: (
            "The documents must be added again before they can be used.",
            _ASK_OPERATOR_EN,
        ),
        KnowledgeBaseCorrupt: ("What holds the documents is damaged.", _ASK_OPERATOR_EN),
        KnowledgeBaseBusy: ("The documents are being updated.", "Please ask again in a moment."),
        KnowledgeBaseError: ("The documents can't be used now.", _ASK_OPERATOR_EN),
        RagError: ("This didn't work.", _ASK_OPERATOR_EN),
    },
    streamlit={
        "Connection error": "Can't reach the server",
        _STOPPED: (
            "Your questions and answers are still on this page. It goes on by itself when the server is back."
        ),
        "Streamlit server is not responding. Are you connected to the internet?": (
            "Is your network on? Your questions and answers are still on this page. It goes on by itself."
        ),
    },
    beginnings={"Chat message from user": "Question", "Chat message from assistant": "Answer"},
)

FRAME_WORDINGS: Mapping[Language, FrameWording] = {"zh": _ZH, "en": _EN}
