"""The rest of what the page promises in a real browser: places, times, keys, sizes, filters, failures."""

import time

import pytest
from selenium.webdriver.common.keys import Keys

from rag.errors import GenerationError
from tests.chromium import IN_A_BROWSER, Browser
from tests.ui.frame.conftest import Site, ask, opened
from ui.frame_wording import FRAME_WORDINGS

ZH = FRAME_WORDINGS["zh"]
pytestmark = IN_A_BROWSER


@pytest.mark.slow
def test_what_is_unfolded_stays_where_it_was_clicked(site: Site, browser: Browser) -> None:
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    ask(browser, "电池能工作多久？", 2)
    for key, inside in (("explain-2", ".wj-explanation"), ("passages-2", ".wj-passage")):
        before = browser.top(f".st-key-{key} summary")
        browser.click(f".st-key-{key} summary")
        browser.until_still(f".st-key-{key} {inside}")
        assert abs(browser.top(f".st-key-{key} summary") - before) <= 8, key


@pytest.mark.slow
def test_a_new_question_is_brought_to_the_top(site: Site, browser: Browser) -> None:
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    ask(browser, "电池能工作多久？", 2)
    browser.until(lambda: 0 < browser.top(".st-key-exchange-2 .wj-question") < 200)


@pytest.mark.slow
def test_the_time_shown_is_the_time_lived(site: Site, browser: Browser) -> None:
    site.model.seconds = 6
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    site.model.saying = "电池充满电后可以连续工作九小时 [1]。"
    begun = time.monotonic()
    ask(browser, "电池能工作多久？", 2)
    lived = time.monotonic() - begun
    shown = browser.texts(".st-key-exchange-2 .wj-timing")[0]
    assert any(shown == ZH.took.format(seconds=each) for each in range(6, round(lived) + 1)), lived


@pytest.mark.slow
def test_the_keyboard_is_enough(site: Site, browser: Browser) -> None:
    site.model.allowed = 8
    opened(browser, site.address)
    focused = "return document.activeElement?.dataset.testid"
    browser.until(lambda: browser.script(focused) == "stChatInputTextArea")
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.texts(".wj-reading cite"))
    assert browser.script(focused) == "stChatInputTextArea"
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.until(lambda: browser.texts(".wj-stopped"), 20)
    browser.until(lambda: browser.script(focused) == "stChatInputTextArea")
    site.model.allowed = None
    browser.all(".st-key-again-1 button")[0].send_keys(Keys.ENTER)
    browser.until(lambda: browser.all(".st-key-exchange-2 .wj-answer"))
    browser.until_still(".st-key-exchange-2 .wj-answer")
    assert browser.script("return document.activeElement !== document.body")  # the keyboard has lost no place


@pytest.mark.slow
def test_nothing_that_has_the_focus_is_hidden_behind_the_box(site: Site, browser: Browser) -> None:
    opened(browser, site.address)
    for number in range(3):
        ask(browser, "滤芯多久更换一次？", number + 1)
    browser.script("document.querySelector('.stMain').scrollTo(0, 0); document.activeElement.blur()")
    script = """
        const each = document.activeElement, box = each.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return each === document.body || each.contains(top) || top?.contains(each) ? "" : each.outerHTML"""
    body = browser.all("body")[0]
    for _ in range(40):
        body = browser.driver.switch_to.active_element
        body.send_keys(Keys.TAB)
        assert browser.script(script) == ""


@pytest.mark.slow
def test_a_documents_words_are_no_words_of_streamlits(site: Site, browser: Browser) -> None:
    hostile = ["Help", "Remove what? ![x](http://a/b.png) :smile: **now**"]
    site.workplace.write({}, [(each, "Yes.") for each in hostile])
    opened(browser, site.address)
    browser.until(lambda: browser.all(".st-key-examples button"))
    browser.until(lambda: browser.script("return document.documentElement.lang") == "zh-Hans")
    assert browser.texts(".st-key-examples button") == hostile
    assert not browser.all(".st-key-examples img, .st-key-examples strong, .st-key-examples a")


@pytest.mark.slow
def test_every_question_is_a_heading_and_targets_are_large_enough(site: Site, browser: Browser) -> None:
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    ask(browser, "电池能工作多久？", 2)
    assert [each.tag_name for each in browser.all(".wj-question")] == ["h2", "h2"]
    script = """return [...document.querySelectorAll('button, summary')].filter(each => {
        const box = each.getBoundingClientRect();
        return box.width && (box.width < 24 || box.height < 24) && each.checkVisibility();
    }).map(each => each.outerHTML)"""
    assert browser.script(script) == []


@pytest.mark.slow
def test_marks_keep_their_shape_in_forced_colours(site: Site, browser: Browser) -> None:
    features = [{"name": "forced-colors", "value": "active"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    opened(browser, site.address)
    ask(browser, "滤芯多久更换一次？")
    assert browser.all(".wj-mark")[0].value_of_css_property("border-top-width") == "1px"


@pytest.mark.slow
def test_a_question_that_is_too_long_stays_in_the_box_and_says_by_how_much(
    site: Site, browser: Browser
) -> None:
    opened(browser, site.address)
    text = "长" * 75
    browser.ask(text)
    assert browser.texts(".wj-over") == [ZH.too_long.format(limit=60, over=15)]
    assert browser.input().get_attribute("value") == text
    browser.input().send_keys(Keys.BACKSPACE * 15)
    browser.until(lambda: browser.texts(".wj-over") == [""])


@pytest.mark.slow
def test_a_filter_changed_while_an_answer_is_written_is_for_the_next_question(
    site: Site, browser: Browser
) -> None:
    site.model.allowed = 8
    opened(browser, site.address)
    browser.click("[data-testid=stSidebar] [data-testid=stExpander] summary")
    browser.until(lambda: browser.all("[data-testid=stSidebar] input"))
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.texts(".wj-reading cite"))
    browser.all("[data-testid=stSidebar] input")[0].send_keys("手册", Keys.ENTER)
    browser.until(lambda: ZH.filter_next in "".join(browser.texts(".wj-filter")))
    assert not browser.all(".st-key-exchange-1 .wj-filter")
    site.model.allowed = None
    browser.until(lambda: browser.all(".wj-answer"))
    assert not browser.all(".st-key-exchange-1 .wj-filter")


@pytest.mark.slow
def test_a_failed_answer_says_what_is_kept_and_can_be_tried_again(site: Site, browser: Browser) -> None:
    site.model.failing = True
    opened(browser, site.address)
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.all("[data-testid=stAlert]"))
    assert browser.texts("[data-testid=stAlert] p") == [" ".join(ZH.troubles[GenerationError])]
    site.model.failing = False
    browser.click(".st-key-again-1 button")
    browser.until(lambda: browser.all(".st-key-exchange-2 .wj-answer"))
