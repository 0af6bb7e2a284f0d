"""The page in a real headless Chromium, as wide as a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.report import write_report
from tests.chromium import IN_A_BROWSER, Browser
from tests.eval.report.conftest import sample_run

pytestmark = IN_A_BROWSER


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    opened = Browser(tmp_path / "profile")
    try:
        yield opened
    finally:
        opened.driver.quit()


@pytest.mark.slow
def test_page_fits_a_phone_and_logs_nothing(browser: Browser, sample: Path, tmp_path: Path) -> None:
    page, _ = write_report([sample, sample_run(tmp_path / "later", day=8)], tmp_path / "out")
    driver = browser.driver
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    driver.get(page.as_uri())
    width = "return document.documentElement.scrollWidth"
    assert driver.execute_script(width) == 390
    driver.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert driver.execute_script(width) == 390
    assert browser.logged() == []

    # Colours of plots are the page's own: they are known, and others in the dark.
    colour = "return getComputedStyle(document.querySelector('figure svg path[fill^=\"var\"]')).fill"
    light = driver.execute_script(colour)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    assert light.startswith("rgb(") and driver.execute_script(colour) not in (light, "rgb(0, 0, 0)")
