"""A real headless Chromium, and the page served to it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.ui.conftest import Workplace

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
# The package brings axe-core along; of the rest of it nothing is used.
_AXE = Path(str(files("axe_playwright_python"))) / "axe.min.js"
_RUN_AXE = "const done = arguments[0]; axe.run().then(found => done(found.violations))"


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
        options.set_capability("goog:loggingPrefs", {"browser": "SEVERE"})
        self.driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))

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

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it is."""
        if not self.script("return Boolean(window.axe)"):
            self.script(_AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(_RUN_AXE)
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]

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
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "none"},
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
