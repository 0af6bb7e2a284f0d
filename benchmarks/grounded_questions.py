"""Questions with passages that answer them, in Chinese and English; their facts are invented."""

from collections.abc import Iterator

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage

from rag.answering.evidence import Evidence
from rag.answering.prompt import build_messages, wording_for
from rag.passage import PassageMetadata
from rag.text.sentences import Span

_PASSAGES = {
    "zh": (
        "潮汐 T3 台式加湿器使用说明 > 日常维护\n"
        "水箱每三天用清水冲洗一次，每两周用柠檬酸溶液浸泡三十分钟除垢。雾化片型号为 WT-3011，累计运行"
        " 1500 小时后需要更换，备件单价 48 元。清洁前必须拔下电源，不得把底座浸入水中。连续七天不使用"
        "时，应倒空水箱并擦干。",
        "售后服务政策 > 保修\n"
        "整机保修期为自购买之日起二十四个月，雾化片和滤网属于消耗品，不在保修范围内。保修期内因质量问"
        "题需要维修的，往返运费由本公司承担；超过保修期的，收取检测费 60 元，维修后免收检测费。人为损"
        "坏、自行拆机和使用非原厂配件造成的故障不予保修。",
        "仓库管理制度 > 出库\n"
        "出库单须由部门主管和仓库管理员共同签字，价值超过五千元的货物还需财务经理批准。每周五下午四点"
        "停止出库并盘点，盘点差异超过千分之三时，须在两个工作日内提交书面说明。",
        "差旅报销办法 > 住宿\n"
        "一线城市住宿标准为每人每晚 450 元，其他城市为 320 元，超出部分由个人承担。报销单须在返回后十"
        "五天内提交，并附发票原件和出差审批单；逾期未交的，需要总监特批。",
    ),
    "en": (
        "Harbour N7 label printer > Maintenance\n"
        "Clean the print head with an isopropyl alcohol pad after every five rolls of labels, or "
        "once a week, whichever comes first. The print head has the part number HN-7042-C and lasts "
        "about 50 kilometres of labels; a spare one costs 96 euros. Switch the printer off and let "
        "the head cool for ten minutes before touching it.",
        "Returns and refunds > Conditions\n"
        "Goods can be returned within 30 days of delivery if they are unused and in their original "
        "packaging. Refunds are paid to the original means of payment within seven working days "
        "after the goods have arrived in our warehouse in Rotterdam. Customised labels and opened "
        "ink ribbons can't be returned. For orders above 500 euros we collect the goods free of "
        "charge.",
        "IT policy > Passwords and devices\n"
        "Passwords have at least fourteen characters and are changed only when there is reason to "
        "believe that they have leaked. Laptops are encrypted and lock themselves after five "
        "minutes. A lost device is reported to the help desk at extension 4411 within two hours.",
        "Facilities > Meeting rooms\n"
        "The large room Atlas seats twenty people and has a projector; the small rooms Birch and "
        "Cedar seat six. Rooms are booked in the calendar at most four weeks ahead, and a booking "
        "lapses when nobody has come after fifteen minutes.",
    ),
}

_QUESTIONS = {
    "zh": (
        "T3 加湿器的雾化片是什么型号，多久更换，多少钱？",
        "加湿器的水箱怎么清洁？",
        "过了保修期维修怎么收费？",
        "哪些情况不予保修？",
        "价值八千元的货物出库需要谁签字或批准？",
        "在一线城市出差，住宿标准是多少，超出的部分怎么办？",
        "报销单要在什么时候提交，需要附上什么？",
        "每周什么时候停止出库盘点？盘点差异过大时要怎么做？",
    ),
    "en": (
        "Which part number does the print head of the N7 have, how long does it last and what does it cost?",
        "How often is the print head cleaned, and with what?",
        "Under which conditions can goods be returned, and when is the refund paid?",
        "What can't be returned?",
        "What do I do when I lose my laptop?",
        "How long must a password be and when is it changed?",
        "Which rooms are there and how many people do they seat?",
        "How far ahead can a meeting room be booked, and when does a booking lapse?",
    ),
}


def grounded_prompts(*, examples: bool) -> Iterator[tuple[str, list[BaseMessage]]]:
    """Questions and their prompts, Chinese and English in turn, with or without ``examples`` of answering.

    The passages stand in another order each time, so that prompts in a language share only their fixed head.
    """
    for at, questions in enumerate(zip(_QUESTIONS["zh"], _QUESTIONS["en"], strict=True)):
        for language, question in zip(("zh", "en"), questions, strict=True):
            passages = _PASSAGES[language]
            turned = [passages[(at + step) % len(passages)] for step in range(len(passages))]
            evidence = [_evidence(number, text, language) for number, text in enumerate(turned, start=1)]
            yield question, build_messages(question, evidence, wording_for(language), examples=examples)


def _evidence(number: int, text: str, language: str) -> Evidence:
    title, _, body = text.partition("\n")
    metadata = PassageMetadata(
        doc_id=title,
        source=title,
        page=None,
        heading=tuple(title.split(" > ")),
        start=0,
        end=len(body),
        context=title,
        kind="prose",
        lang=language,
        modified="",
    )
    passage = Document(id=str(number), page_content=body, metadata=dict(metadata))
    return Evidence(passage, (Span(0, len(body)),))
