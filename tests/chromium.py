"""A real headless Chromium, for the tests of pages."""

import shutil
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or CHROMEDRIVER is None,
        reason="no Chromium with chromedriver on this machine (Debian: apt install chromium-driver)",
    ),
]
# The package brings axe-core along; of the rest of it nothing is used.
_AXE = Path(str(files("axe_playwright_python"))) / "axe.min.js"
_RUN_AXE = "const done = arguments[0]; axe.run().then(found => done(found.violations))"
_STILL_SECONDS = 0.3  # longer than the page takes to draw an answer anew that it follows
_TOPS = (
    """return [...document.querySelectorAll(arguments[0])].map(each => each.getBoundingClientRect().top)"""
)
_MOVES = """return document.getAnimations().some(each =>
    each.playState === "running" && Number.isFinite(each.effect.getComputedTiming().endTime))"""


class Browser:
    """A headless Chromium with the few gestures that the tests need."""

    def __init__(self, profile: Path, language: str = "zh-CN") -> None:
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
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))

    def begin(self) -> None:
        """As if it had just been started: an empty page, no cookies, nothing emulated, nothing logged."""
        command = self.driver.execute_cdp_cmd
        self.driver.set_window_size(1200, 900)
        command("Emulation.clearDeviceMetricsOverride", {})
        command("Emulation.setEmulatedMedia", {"media": "", "features": []})
        command("Network.clearBrowserCookies", {})
        self.driver.get("about:blank")
        self.logged()

    def logged(self, level: str = "") -> list[str]:
        """What came to the console since the last time; of one level (``SEVERE``) if that is given."""
        entries: list[dict[str, str]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [each["message"] for each in entries if level in ("", each["level"])]

    def until(self, condition: Callable[[], object], seconds: float = 180) -> None:
        # What was found may be drawn anew before it is looked at.
        ignored = [StaleElementReferenceException]
        wait = WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=ignored)
        wait.until(lambda _: condition())

    def click(self, selector: str) -> None:
        """Click the first such element, once it is there to be clicked."""

        def clicked() -> bool:
            self.all(selector)[0].click()
            return True

        gone = (StaleElementReferenceException, ElementNotInteractableException, IndexError)
        WebDriverWait(self.driver, 60, poll_frequency=0.05, ignored_exceptions=gone).until(
            lambda _: clicked()
        )

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def visible(self, selector: str) -> bool:
        """Whether any such element can be seen; asked in the page, where nothing is drawn anew meanwhile."""
        script = "return [...document.querySelectorAll(arguments[0])].some(each => each.checkVisibility())"
        return bool(self.driver.execute_script(script, selector))

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map(each => each.textContent)"
        found: list[str] = self.driver.execute_script(script, selector)
        return found

    def input(self) -> WebElement:
        # Loading libraries and models takes long where other tests keep the processors busy.
        self.until(lambda: any(each.is_enabled() for each in self.all("[data-testid=stChatInputTextArea]")))
        return self.all("[data-testid=stChatInputTextArea]")[0]

    def ask(self, question: str) -> None:
        self.input().send_keys(question, Keys.ENTER)

    def script(self, text: str, *arguments: object) -> Any:
        return self.driver.execute_script(text, *arguments)

    def top(self, selector: str) -> float:
        """Where the first such element begins, in pixels below the window's upper edge."""
        found: float = self.script(
            "return document.querySelector(arguments[0]).getBoundingClientRect().top", selector
        )
        return found

    def until_still(self, selector: str) -> None:
        """Wait until such elements can be seen and stay where they are, and nothing is animated."""

        def is_still() -> bool:
            before = self.script(_TOPS, selector)
            time.sleep(_STILL_SECONDS)
            moved = before != self.script(_TOPS, selector) or self.script(_MOVES)
            return self.visible(selector) and not moved

        self.until(is_still)

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it is."""
        if not self.script("return Boolean(window.axe)"):
            self.script(_AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(_RUN_AXE)
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]

    def open_panels(self) -> list[str]:
        return self.texts(".wj-panel:popover-open")
