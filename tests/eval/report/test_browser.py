"""The page in a real headless Chromium, as wide as a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from eval.report import write_report
from tests.eval.report.conftest import sample_run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or CHROMEDRIVER is None,
        reason="no Chromium with chromedriver on this machine (Debian: apt install chromium-driver)",
    ),
]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    assert CHROMIUM is not None and CHROMEDRIVER is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        f"--user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    try:
        yield opened
    finally:
        opened.quit()


@pytest.mark.slow
def test_page_fits_a_phone_and_logs_nothing(driver: webdriver.Chrome, sample: Path, tmp_path: Path) -> None:
    page, _ = write_report([sample, sample_run(tmp_path / "later", day=8)], tmp_path / "out")
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    driver.get(page.as_uri())
    width = "return document.documentElement.scrollWidth"
    assert driver.execute_script(width) == 390
    driver.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert driver.execute_script(width) == 390
    assert driver.get_log("browser") == []  # type: ignore[no-untyped-call]

    # Colours of plots are the page's own: they are known, and others in the dark.
    colour = "return getComputedStyle(document.querySelector('figure svg path[fill^=\"var\"]')).fill"
    light = driver.execute_script(colour)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    assert light.startswith("rgb(") and driver.execute_script(colour) not in (light, "rgb(0, 0, 0)")
