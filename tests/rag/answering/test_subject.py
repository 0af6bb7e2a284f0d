"""Whether what is cited is about what the question names."""

import pytest

from rag.answer import Citation, Sentence
from rag.answering.citing import Resolved
from rag.answering.subject import unnamed
from rag.questions.inquiry import understand
from rag.text.analysis import Analyzer, Glossary
from tests.rag.answering.conftest import MakeChain, MakePassage

BELT = "The drive belt of the Tidal P200 is replaced after 5,000 hours."
MONTHS = "24 months for the Tidal P200 and the Ripple S10, and 36 months for the Spring D80."
MONTHS_ZH = "微澜 S10 的保修期为24个月，清泉 D80 为36个月。"
NOTICE = "自2026年1月1日起执行。住宿上限每晚560元。"


@pytest.mark.parametrize(
    ("question", "said", "cited", "missing"),
    [
        ("When is the belt of the Tidal P200 replaced?", "After 5,000 hours.", BELT, ()),
        ("When is the belt of the Tidal P300 replaced?", "After 5,000 hours.", BELT, ("P300",)),
        ("When is the belt of the Ripple S10 replaced?", "After 5,000 hours.", BELT, ("Ripple", "S10")),
        ("When is the belt of the APEX replaced?", "After 5,000 hours.", BELT, ()),  # another name for Tidal
        ("How long is the S10's warranty?", "24 months.", MONTHS, ()),
        ("How long is the S10's warranty?", "36 months.", MONTHS, ("S10",)),
        ("微澜 S10 保修多久？", "24个月。", MONTHS_ZH, ()),
        ("微澜 S10 保修多久？", "36个月。", MONTHS_ZH, ("S10",)),
        ("2026年出差，每晚住宿多少元？", "560元。", NOTICE, ()),
        ("2023年出差，每晚住宿多少元？", "560元。", NOTICE, ("2023",)),
        ("2023年出差，每晚住宿多少元？", "560元。", "住宿上限每晚560元。", ()),  # it has no year at all
        ("What was sold in 2026?", "5 pumps.", "In 2025, 5 pumps were sold.", ("2026",)),
        ("What is the limit of the 2024 notice?", "EUR 9.", "The notice of 2025: EUR 9.", ("2024",)),
        ("Can I pump 1600 mL of water?", "Up to 2000 mL.", "It pumps up to 2000 mL.", ()),
        ("Does it run after 1800 hours?", "Up to 2000 hours.", "It runs up to 2000 hours.", ()),
        ("What is the 2nd step?", "Open the lever.", "Two: open the lever.", ()),
        ("可以用12V供电吗？", "24 V。", "供电为 24 V。", ()),
    ],
)
def test_what_the_question_names_and_the_cited_passage_doesnt_is_told(
    make_passage: MakePassage, question: str, said: str, cited: str, missing: tuple[str, ...]
) -> None:
    passage = make_passage(cited)
    answer = Resolved(
        said,
        (Sentence(said, 0, len(said), (1,), 1.0),),
        (Citation(1, passage, cited, 0, len(cited), 1.0),),
        (),
    )
    analyzer = Analyzer(Glossary.parse("Tidal, APEX"))
    assert unnamed(understand(question), answer, (passage,), analyzer) == missing


def test_a_year_may_stand_elsewhere_in_the_cited_document(make_passage: MakePassage) -> None:
    head = make_passage("自2025年1月1日起执行。", modified="")
    cited = make_passage("2024年12月公布，每晚480元。", start=20, modified="")
    other = make_passage("2023年旧标准。", source="b.md", modified="")
    answer = Resolved("480元。", (), (Citation(1, cited, cited.page_content, 0, 1, 1.0),), ())
    for year, missing in (("2025", ()), ("2023", ("2023",))):
        inquiry = understand(f"{year}年出差，每晚住宿多少元？")
        assert unnamed(inquiry, answer, (head, cited, other), Analyzer()) == missing


def test_across_languages_only_codes_are_compared(make_passage: MakePassage) -> None:
    passage = make_passage("清泉 D80 重 9.6 kg。")
    answer = Resolved("9.6 kg.", (), (Citation(1, passage, passage.page_content, 0, 1, 1.0),), ())
    for code, missing in (("D80", ()), ("D90", ("D90",))):
        inquiry = understand(f"How heavy is the Spring {code} of Cenbo?")
        assert unnamed(inquiry, answer, (passage,), Analyzer()) == missing


def test_the_answer_carries_it_and_a_decline_has_none(make_chain: MakeChain) -> None:
    written = "软管每 250 小时更换一次[1]。"
    assert make_chain(written).invoke("软管多久换一次？").unnamed == ()
    assert make_chain(written).invoke("用 WiFi 的软管多久换一次？").unnamed == ("WiFi",)
    assert make_chain("资料中没有相关信息。").invoke("用 WiFi 的软管多久换一次？").unnamed == ()
