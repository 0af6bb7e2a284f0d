"""The page in a real headless Chromium against a real server."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from eval.datasets.folder import read_on_knowledge_base
from tests.ui.conftest import Workplace, extractive_workplace
from ui.wording import WORDINGS

ROOT = Path(__file__).parents[2]
ZH = WORDINGS["zh"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or CHROMEDRIVER is None,
        reason="no Chromium with chromedriver on this machine (Debian: apt install chromium-driver)",
    ),
]


class Browser:
    """A headless Chromium with the few gestures that the tests need."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None and CHROMEDRIVER is not None
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            f"--user-data-dir={profile}",
            "--window-size=1200,900",
        ):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": "zh-CN"})
        options.set_capability("goog:loggingPrefs", {"browser": "SEVERE"})
        self.driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))

    def until(self, condition: Callable[[], object], seconds: float = 60) -> None:
        WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: condition())

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map(each => each.textContent)"
        found: list[str] = self.driver.execute_script(script, selector)
        return found

    def input(self) -> WebElement:
        # Loading libraries and models takes long where other tests keep the processors busy.
        self.until(
            lambda: any(each.is_enabled() for each in self.all("[data-testid=stChatInputTextArea]")), 180
        )
        return self.all("[data-testid=stChatInputTextArea]")[0]

    def ask(self, question: str) -> None:
        self.input().send_keys(question, Keys.ENTER)

    def open_panels(self) -> list[str]:
        return self.texts(".wj-panel:popover-open")


@contextmanager
def serving(workplace: Workplace, log: Path) -> Iterator[str]:
    """Serve the page as the README says; yields its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "ui/app.py", "--server.port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*command, "--", "--config", str(workplace.file)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:
            address = f"http://localhost:{port}"
            for _ in range(600):
                try:
                    with urlopen(f"{address}/_stcore/health", timeout=1):
                        break
                except (URLError, TimeoutError, ConnectionError):
                    assert server.poll() is None, log.read_text(encoding="utf-8")
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()


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


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    opened = Browser(tmp_path / "profile")
    try:
        yield opened
    finally:
        opened.driver.quit()


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
    assert browser.driver.get_log("browser") == []  # type: ignore[no-untyped-call]


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


def test_sidebar_follows_what_is_ingested_without_a_click(site: Site, browser: Browser) -> None:
    browser.driver.get(site.address)
    browser.until(lambda: "3 份文档，4 个段落" in "".join(browser.texts(".wj-facts")), 180)
    site.workplace.write({"班车.md": ("班车每天早上七点四十从南门发车。",)})
    browser.until(lambda: "4 份文档，5 个段落" in "".join(browser.texts(".wj-facts")))


def test_stop_button_ends_a_running_answer_and_keeps_its_text(
    writing_workplace: Workplace, browser: Browser, tmp_path: Path
) -> None:
    with serving(writing_workplace, tmp_path / "server.log") as address:
        browser.driver.get(address)
        browser.ask("滤芯的型号是什么？")
        browser.until(lambda: browser.all(".wj-passage"))
        browser.until(lambda: browser.texts(".wj-draft"))
        assert ZH.draft in "".join(browser.texts(".wj-badge"))
        draft = browser.texts(".wj-draft")[0]
        (stop,) = browser.all(".st-key-stop button")
        assert ZH.stop in stop.text
        pressed = time.monotonic()
        stop.click()
        browser.until(lambda: browser.texts(".wj-stopped"))
        assert time.monotonic() - pressed < 10  # the answer itself would take minutes
        (stopped,) = browser.texts(".wj-stopped")
        assert ZH.stopped in stopped
        assert _plain(stopped).startswith(_plain(draft)[:20])
        browser.until(lambda: not browser.all(".st-key-stop"))  # the page was drawn again without it
        assert browser.texts(".wj-stopped") == [stopped]

        browser.ask("多久更换一次？")  # the model is free for it
        browser.until(lambda: any(len(text) > 5 for text in browser.texts(".wj-draft:not(.wj-stopped *)")))
    assert "Traceback" not in (tmp_path / "server.log").read_text(encoding="utf-8")


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text)
