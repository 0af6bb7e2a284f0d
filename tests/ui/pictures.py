"""Pictures of the page in its states: phone and desktop, light and dark; and the README's.

``make pictures``, or ``python -m tests.ui.pictures --kb .wenju --out docs/pictures``. What is answered and
declined is answered by the default models; a stand-in model is what can be held, stopped and made to fail.
"""

import argparse
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from tests.chromium import Browser
from tests.ui.conftest import Workplace
from tests.ui.serving import ROOT, serving
from tests.ui.stand_in import StandIn, stand_in

SIZES = {"desktop": (1200, 860, False), "phone": (390, 844, True)}
SCHEMES = ("light", "dark")
COLOURS = 64  # of a picture; the page has few
ZH_QUESTION = "现在去上海出差，每晚住宿最多能报销多少元？"
EN_QUESTION = "What does error code E08 mean on the Tidal P200?"
DECLINED = "Tidal P400 的保修期有多长？"
HALF = "北京、上海、广州、深圳的住宿上限是每晚 560 元，其他省会及计划单列市是"


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", type=Path, default=ROOT / ".wenju")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(folder / "real", options.kb) as address:
            picture_of_both_languages(folder, address, ROOT / "docs" / "page.png")
            for size in SIZES:
                picture_answers(folder, address, size, options.out)
        with stand_in() as model, served(folder / "stand-in", options.kb, model) as address:
            for size in SIZES:
                picture_the_rest(folder, address, size, options.out, model)


@contextmanager
def served(folder: Path, kb: Path, model: StandIn | None = None) -> Iterator[str]:
    """The page over a knowledge base, answered by the default model or by the stand-in."""
    folder.mkdir()
    lines = f'[knowledge_base]\npath = "{kb.resolve()}"\n'
    if model is not None:
        lines += f'[generator]\nmodel = "openai:stand-in"\nbase_url = "{model.address}"\n'
    (folder / "rag.toml").write_text(lines, encoding="utf-8")
    with serving(Workplace(folder / "rag.toml"), folder / "server.log") as address:
        yield address


@contextmanager
def window(folder: Path, width: int, height: int, touch: bool) -> Iterator[Browser]:
    """A browser with a page of that size."""
    with tempfile.TemporaryDirectory(dir=folder) as profile:
        browser = Browser(Path(profile))
        try:
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
            browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            yield browser
        finally:
            browser.driver.quit()


def picture_of_both_languages(folder: Path, address: str, file: Path) -> None:
    """The README's: an answer in English and one in Chinese."""
    with window(folder, 1240, 1000, False) as browser:
        browser.driver.get(f"{address}?lang=en")
        for number, question in enumerate((EN_QUESTION, ZH_QUESTION), start=1):
            browser.ask(question)
            browser.until(answered(browser, number), 600)
        browser.script("document.activeElement.blur(); document.querySelector('.stMain').scrollTo(0, 0)")
        shoot(browser, file)


def picture_answers(folder: Path, address: str, size: str, out: Path) -> None:
    """Empty, answered, declined."""
    with window(folder, *SIZES[size]) as browser:
        browser.driver.get(f"{address}?lang=zh")
        browser.input()
        shoot_schemes(browser, out, "empty", size)
        browser.ask(ZH_QUESTION)
        browser.until(answered(browser, 1), 600)
        shoot_schemes(browser, out, "answered", size)
        browser.ask(DECLINED)
        browser.until(answered(browser, 2), 600)
        shoot_schemes(browser, out, "declined", size)


def picture_the_rest(folder: Path, address: str, size: str, out: Path, model: StandIn) -> None:
    """Writing, stopped, failed."""
    with window(folder, *SIZES[size]) as browser:
        model.begin()
        model.saying, model.seconds = HALF, 120.0
        browser.driver.get(f"{address}?lang=zh")
        browser.ask(ZH_QUESTION)
        browser.until(lambda: browser.texts(".wj-draft") and len(browser.texts(".wj-draft")[0]) > 5)
        shoot_schemes(browser, out, "writing", size)
        browser.all(".st-key-stop button")[0].click()
        browser.until(lambda: browser.texts(".wj-stopped") and not browser.all(".st-key-stop"))
        shoot_schemes(browser, out, "stopped", size)
        model.failing = True
        browser.ask(ZH_QUESTION)
        browser.until(lambda: browser.all("[data-testid=stAlert]"))
        shoot_schemes(browser, out, "error", size)


def answered(browser: Browser, number: int) -> Callable[[], bool]:
    """Whether the answer of that number is settled."""
    return lambda: (
        bool(browser.all(f".st-key-exchange-{number} .wj-answer")) and not browser.all(".st-key-stop")
    )


def shoot_schemes(browser: Browser, out: Path, state: str, size: str) -> None:
    """A light and a dark picture of the page as it is."""
    for scheme in SCHEMES:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        shoot(browser, out / f"{state}-{size}-{scheme}.png")


def shoot(browser: Browser, file: Path) -> None:
    """One picture, when nothing moves any more, with as few colours as it needs."""
    browser.driver.execute_async_script("setTimeout(arguments[0], 1200)")
    picture = Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main()
