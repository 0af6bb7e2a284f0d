"""The page in a real browser: it follows its documents, nothing moves, it speaks, axe finds nothing."""

import shutil

import pytest

from rag.errors import KnowledgeBaseNotFound
from tests.chromium import IN_A_BROWSER, Browser
from tests.ui.conftest import DOCUMENTS
from tests.ui.frame.conftest import Site, ask, opened
from tests.ui.stand_in import SAYING
from ui.frame_wording import FRAME_WORDINGS
from ui.wording import WORDINGS

ZH = FRAME_WORDINGS["zh"]
pytestmark = IN_A_BROWSER


@pytest.mark.slow
def test_only_what_was_checked_is_left_to_read(site: Site, browser: Browser) -> None:
    site.model.allowed = 8
    opened(browser, site.address)
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.texts(".wj-reading cite"))
    assert all(browser.texts(".wj-reading q"))
    browser.until(lambda: browser.all(".wj-draft"))
    assert not browser.visible(".wj-draft")
    browser.until(lambda: ZH.writing in browser.texts(".wj-status"))
    site.model.allowed = None
    browser.until(lambda: browser.all(".wj-answer"))
    assert not browser.all(".wj-draft")


@pytest.mark.slow
def test_a_draft_that_is_unfolded_grows_under_the_eyes(site: Site, browser: Browser) -> None:
    site.model.allowed = 8
    opened(browser, site.address)
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.all("[class*=st-key-draft-] summary"))
    browser.click("[class*=st-key-draft-] summary")
    browser.until(lambda: browser.visible(".wj-draft"))
    site.model.allowed = 16
    browser.until(lambda: browser.texts(".wj-draft") == [SAYING[:16]])
    browser.until(lambda: browser.visible(".wj-draft"), 10)


@pytest.mark.slow
def test_nothing_moves_and_an_opened_passage_stays_open_when_the_answer_is_there(
    site: Site, browser: Browser
) -> None:
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    site.model.allowed = 8
    browser.ask("电池能工作多久？")
    browser.until(lambda: browser.all(".st-key-passages-2 summary"))
    browser.click(".st-key-passages-2 summary")
    browser.until_still(".st-key-found-2 .wj-passage summary")  # it unfolds gradually
    browser.click(".st-key-found-2 .wj-passage summary")
    places = [".st-key-exchange-2 .wj-question", ".st-key-found-2 .wj-passage", ".st-key-found-2 blockquote"]
    browser.until_still(places[-1])
    before = [browser.top(each) for each in places]
    site.model.allowed = None
    browser.until(lambda: browser.all(".st-key-exchange-2 .wj-answer"))
    browser.until(lambda: not browser.all(".st-key-stop"))
    assert browser.script("return document.querySelector('.st-key-found-2 .wj-passage').open")
    for place, top in zip(places, before, strict=True):
        assert abs(browser.top(place) - top) <= 8, place


@pytest.mark.slow
def test_documents_that_are_deleted_moved_or_there_again_are_noticed_by_every_visitor(
    site: Site, browser: Browser
) -> None:
    folder = site.workplace.settings.knowledge_base.path
    away = folder.with_name("away")
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    folder.rename(away)
    said = ZH.troubles[KnowledgeBaseNotFound][0]
    browser.until(lambda: said in "".join(browser.texts("[data-testid=stAlert]")), 20)
    assert not browser.all("[data-testid=stChatInputTextArea]")
    assert ZH.gone in browser.texts(".wj-stale")
    browser.driver.get(site.address)  # another visitor
    browser.until(lambda: said in "".join(browser.texts("[data-testid=stAlert]")), 20)
    assert not browser.all("[data-testid=stChatInputTextArea]")
    away.rename(folder)
    ask(browser, "滤芯多久更换一次？")  # the box is there again by itself


@pytest.mark.slow
def test_another_knowledge_base_in_its_place_is_what_answers(site: Site, browser: Browser) -> None:
    folder = site.workplace.settings.knowledge_base.path
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    folder.rename(folder.with_name("old"))
    site.workplace.write({"新手册.md": ("滤芯每九个月更换一次。",)})
    site.model.saying = "滤芯每九个月更换一次 [1]。"
    ask(browser, "滤芯多久更换一次？", 2)
    assert "九个月" in browser.texts(".st-key-exchange-2 .wj-answer .wj-text")[0]
    assert "新手册" in "".join(browser.texts(".st-key-exchange-2"))
    assert browser.texts(".wj-newer") == [ZH.newer]
    assert ZH.stale in browser.texts(".st-key-exchange-1 .wj-stale")


@pytest.mark.slow
def test_a_page_opened_before_there_are_documents_gets_its_box_by_itself(
    site: Site, browser: Browser
) -> None:
    folder = site.workplace.settings.knowledge_base.path
    shutil.rmtree(folder)
    browser.driver.get(site.address)
    browser.until(lambda: browser.all("[data-testid=stAlert]"), 180)
    assert "份文档" not in "".join(browser.texts(".wj-facts"))
    site.workplace.write(DOCUMENTS)
    browser.until(lambda: browser.all("[data-testid=stChatInputTextArea]"), 20)


@pytest.mark.slow
def test_an_answer_whose_source_has_changed_says_so_and_can_be_asked_again(
    site: Site, browser: Browser
) -> None:
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    site.workplace.write({"别的.md": ("与此无关。",)})
    browser.until(lambda: "4 份文档" in "".join(browser.texts(".wj-facts")), 20)
    assert not browser.texts(".wj-stale")
    site.workplace.write({"手册/设备.pdf": ("清泉净水器的滤芯型号是 QQ-90。滤芯每九个月更换一次。", "无。")})
    browser.until(lambda: ZH.stale in browser.texts(".wj-stale"), 20)
    site.model.saying = "清泉净水器的滤芯每九个月更换一次 [1]。"
    browser.click(".st-key-again-1 button")
    browser.until(lambda: browser.all(".st-key-exchange-2 .wj-answer"))
    assert "九个月" in browser.texts(".st-key-exchange-2 .wj-answer .wj-text")[0]
    assert not browser.texts(".st-key-exchange-2 .wj-stale")


@pytest.mark.slow
def test_the_page_says_its_language_and_speaks_it_throughout(site: Site, browser: Browser) -> None:
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    assert browser.script("return document.documentElement.lang") == "zh-Hans"
    script = "return [...document.querySelectorAll('[aria-label]')].map(each => each.ariaLabel)"
    labels = [each for each in browser.script(script) if each]
    english = {each for each in labels if each.isascii() and each.upper() != each.lower()}
    assert english <= {"Interface language"}
    assert "Skip to main content" not in browser.script("return document.body.innerText")
    browser.click("[data-testid=stSidebar] [role=radio]:not([aria-checked=true])")
    browser.until(lambda: browser.script("return document.documentElement.lang") == "en")
    assert "lang=en" in browser.driver.current_url
    browser.until(lambda: "Send message" in browser.script(script))
    opened(browser, f"{site.address}?lang=en")
    assert browser.texts(".wj-title") == [WORDINGS["en"].name]


@pytest.mark.slow
def test_what_happens_is_said_aloud(site: Site, browser: Browser) -> None:
    site.model.allowed = 8
    opened(browser, site.address)
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.texts("#wj-live") == [ZH.writing])
    assert browser.all("#wj-live[aria-live=polite][role=status]")
    site.model.allowed = None
    browser.until(lambda: "滤芯每六个月更换一次" in browser.texts("#wj-live")[0])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_wrong_in_any_state(site: Site, browser: Browser, language: str) -> None:
    question = {"zh": "滤芯多久更换一次？", "en": "How many days of leave do staff get?"}[language]
    site.model.saying = {"zh": SAYING, "en": "Staff get twelve days of leave a year [1]."}[language]
    opened(browser, f"{site.address}?lang={language}")
    found = {"empty": browser.violations()}
    ask(browser, question)
    found["answered"] = browser.violations()
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    ground = browser.all(".stApp")[0]
    browser.until(lambda: ground.value_of_css_property("background-color") == "rgba(23, 25, 26, 1)")
    browser.until_still(".stApp")
    found["answered, in the dark"] = browser.violations()
    site.model.saying = {"zh": "资料中没有相关信息。", "en": "The documents do not contain this."}[language]
    browser.ask(question)
    browser.until(lambda: browser.all(".wj-declined"))
    found["declined"] = browser.violations()
    site.model.saying, site.model.allowed = SAYING, 8
    browser.ask(question)
    browser.until(lambda: browser.all(".wj-draft"))
    found["writing"] = browser.violations()
    browser.click(".st-key-stop button")
    browser.until(lambda: browser.texts(".wj-stopped") and not browser.all(".st-key-stop"))
    found["stopped"] = browser.violations()
    site.model.failing = True
    browser.ask(question)
    browser.until(lambda: browser.all("[data-testid=stAlert]"))
    found["error"] = browser.violations()
    assert {state: wrong for state, wrong in found.items() if wrong} == {}
