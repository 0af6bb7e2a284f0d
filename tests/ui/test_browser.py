"""The page in a real headless Chromium against a real server."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

from eval.datasets.folder import read_on_knowledge_base
from tests.chromium import IN_A_BROWSER, Browser
from tests.ui.conftest import Workplace, extractive_workplace
from tests.ui.serving import serving
from ui.card_wording import CARD_WORDINGS
from ui.wording import WORDINGS

ZH = WORDINGS["zh"]

pytestmark = IN_A_BROWSER


class Site(NamedTuple):
    """A served page and the knowledge base behind it."""

    address: str
    workplace: Workplace


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tiny_embedder_folder: Path) -> Iterator[Site]:
    """The page over a small knowledge base, answered by the extractive reader."""
    folder = tmp_path_factory.mktemp("served")
    workplace = extractive_workplace(folder, tiny_embedder_folder)
    with serving(workplace, folder / "server.log") as address:
        yield Site(address, workplace)
    assert "Traceback" not in (folder / "server.log").read_text(encoding="utf-8")


def test_citation_opens_the_quoted_passage_by_keyboard_and_by_mouse(site: Site, browser: Browser) -> None:
    browser.driver.get(site.address)
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.all(".wj-mark"))
    assert "滤芯每六个月更换一次" in browser.texts(".wj-answer .wj-text")[0]

    mark = browser.all(".wj-mark")[0]
    browser.driver.execute_script("arguments[0].focus()", mark)
    mark.send_keys(Keys.ENTER)
    browser.until(browser.open_panels)
    (panel,) = browser.open_panels()
    assert "手册/设备.pdf，第 1 页" in panel
    assert "滤芯每六个月更换一次。" in browser.texts(".wj-panel:popover-open mark")[0]
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.until(lambda: not browser.open_panels())

    browser.all(".wj-place")[0].click()
    browser.until(browser.open_panels)
    browser.all(".wj-panel:popover-open .wj-close")[0].click()
    browser.until(lambda: not browser.open_panels())


def test_enter_that_ends_a_composition_does_not_send_the_question(site: Site, browser: Browser) -> None:
    browser.driver.get(site.address)
    box = browser.input()
    box.click()
    command = browser.driver.execute_cdp_cmd
    command("Input.imeSetComposition", {"text": "lvxin", "selectionStart": 5, "selectionEnd": 5})
    for kind in ("rawKeyDown", "keyUp"):
        command("Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "windowsVirtualKeyCode": 229})
    command("Input.insertText", {"text": "滤芯"})
    browser.until(lambda: box.get_attribute("value") == "滤芯")
    box.send_keys("多久更换一次？", Keys.ENTER)
    browser.until(lambda: browser.all(".wj-mark"))
    # Whatever had been sent before would be a question of its own, and be answered first.
    assert browser.texts(".wj-question") == ["滤芯多久更换一次？"]


def test_document_with_markup_changes_nothing_and_nothing_is_fetched_elsewhere(
    site: Site, browser: Browser
) -> None:
    browser.driver.get(site.address)
    browser.ask("What is the siren code K77?")
    browser.until(lambda: any("<script>" in text for text in browser.texts(".wj-answer")))
    assert browser.driver.title != "hacked"
    assert not browser.all(".stHtml script, .stHtml img, .stHtml a")
    assert "**bold** [1] [click](javascript:alert(1)) $x^2$" in "".join(browser.texts(".wj-panel"))

    script = "return performance.getEntriesByType('resource').map(each => each.name)"
    hosts = {urlsplit(url).netloc for url in browser.driver.execute_script(script)}
    assert hosts <= {urlsplit(site.address).netloc, ""}
    assert browser.logged("SEVERE") == []


def test_page_fits_a_phone(site: Site, browser: Browser) -> None:
    browser.driver.set_window_size(500, 844)
    browser.driver.get(site.address)
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.all(".wj-mark"))
    browser.all(".wj-mark")[0].click()
    browser.until(browser.open_panels)
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.driver.execute_script(script) <= 0
    panel = browser.all(".wj-panel:popover-open")[0].rect
    assert panel["x"] >= 0 and panel["x"] + panel["width"] <= 500


@pytest.mark.slow
def test_question_is_saved_and_eval_reads_it(site: Site, browser: Browser) -> None:
    browser.driver.get(site.address)
    browser.ask("滤芯多久更换一次？")
    browser.until(lambda: browser.all(".st-key-benchmark-1 button"))
    browser.all(".st-key-benchmark-1 button")[0].send_keys(Keys.ENTER)
    browser.until(lambda: browser.all("[data-testid=stDialog] textarea"))
    # The click on the button is also what ends the typing: the text must be there all the same.
    browser.all("[data-testid=stDialog] textarea")[0].send_keys("\n六个月")
    browser.all(".st-key-save-write button")[0].click()
    browser.until(lambda: browser.all(".wj-saved"))
    browser.until(lambda: not browser.all("[data-testid=stDialog] textarea"))
    settings = site.workplace.settings
    (question,) = read_on_knowledge_base(settings.knowledge_base.path, settings.ui.benchmark_file).questions
    assert question.text == "滤芯多久更换一次？"
    assert question.answers == ("每六个月", "六个月") and question.sources == ("手册/设备.pdf",)


@pytest.mark.slow
def test_sidebar_follows_what_is_ingested_without_a_click(site: Site, browser: Browser) -> None:
    browser.driver.get(site.address)
    browser.until(lambda: "3 份文档，4 个段落" in "".join(browser.texts(".wj-facts")), 180)
    site.workplace.write({"班车.md": ("班车每天早上七点四十从南门发车。",)})
    browser.until(lambda: "4 份文档，5 个段落" in "".join(browser.texts(".wj-facts")))


@pytest.mark.slow
def test_stop_button_ends_a_running_answer_and_keeps_its_text(
    writing_workplace: Workplace, browser: Browser, tmp_path: Path
) -> None:
    with serving(writing_workplace, tmp_path / "server.log") as address:
        browser.driver.get(address)
        browser.ask("滤芯的型号是什么？")
        browser.until(lambda: browser.texts(".wj-draft"))
        draft = browser.texts(".wj-draft")[0]
        (stop,) = browser.all(".st-key-stop button")
        assert ZH.stop in stop.text
        pressed = time.monotonic()
        stop.click()
        browser.until(lambda: browser.texts(".wj-stopped"))
        assert time.monotonic() - pressed < 10  # the answer itself would take minutes
        (stopped,) = browser.texts(".wj-stopped")
        assert CARD_WORDINGS["zh"].stopped in stopped
        assert _plain(stopped).startswith(_plain(draft)[:20])
        browser.until(lambda: not browser.all(".st-key-stop"))  # the page was drawn again without it
        assert browser.texts(".wj-stopped") == [stopped]

        browser.ask("多久更换一次？")  # the model is free for it
        browser.until(lambda: any(len(text) > 5 for text in browser.texts(".wj-draft:not(.wj-stopped *)")))
    assert "Traceback" not in (tmp_path / "server.log").read_text(encoding="utf-8")


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text)
