"""The answer card in a real browser: figures survive copying, and nothing is taken away without a word."""

import re
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

import ingest.__main__
from tests.chromium import IN_A_BROWSER, Browser
from tests.ui.conftest import Workplace, write_settings
from tests.ui.serving import serving
from tests.ui.stand_in import StandIn, stand_in
from ui.card_wording import CARD_WORDINGS

pytestmark = [*IN_A_BROWSER, pytest.mark.slow]

SAYS = CARD_WORDINGS["zh"]
HANDBOOK = """# 员工手册

## 应急

厂内应急分机是 8119。门卫室在南门。

## 住宿

项目 | 上海 | 其他城市
--- | --- | ---
住宿上限 | 560元 | 320元
餐补 | 100元 | 80元
"""
REPAIR = """# 返修与去污流程

## 寄修

返修登记号要写在箱外，样式是 RMA-7。维修间在成都，收件时间是 9 点。
"""
QUESTIONS = """# 常见问题

问：访客车辆停在哪里？
答：访客车辆停在北区地面车位，共 45 个。
"""
EMERGENCY, HOTEL, REPAIRS = "厂内应急分机是多少？", "上海的住宿上限是多少？", "返修登记号的样式是什么？"
CARS, KEYS, LONG = "访客的车辆应该停在哪里？", "海底仓库有几把钥匙？", "说说员工手册。"
REPLIES = {
    EMERGENCY: ("8119", "厂内应急分机是 8119[1]。月球基地的暗号是香蕉 4711。海底仓库的钥匙有三把。"),
    HOTEL: ("560元", "上海的住宿上限是560元[1]。"),
    REPAIRS: ("RMA-7", "返修登记号的样式是 RMA-7[1]。"),
    CARS: ("北区", "访客车辆停在北区地面车位[1]。"),
    KEYS: ("", "海底仓库的钥匙有三把。"),
    LONG: ("", "厂内应急分机是 8119[1]。" + "这是很长的草稿，" * 40),
}


@pytest.fixture(scope="module")
def model() -> Iterator[StandIn]:
    """It declines what isn't asked above."""
    with stand_in(replies=REPLIES, saying="The documents do not contain this.", seconds=0.5) as served:
        yield served


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, tiny_embedder_folder: Path, model: StandIn
) -> Iterator[str]:
    """The page over two documents, answered by a model that says what stands above."""
    folder = tmp_path_factory.mktemp("card")
    documents = {
        "hr/员工手册.md": HANDBOOK,
        "support/返修与去污流程.md": REPAIR,
        "support/问题.md": QUESTIONS,
    }
    for name, text in documents.items():
        (folder / "documents" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "documents" / name).write_text(text, encoding="utf-8")
    extra = (
        f'base_url = "{model.address}"\n[retrieval]\nfusion = "ranks"\n[faq]\nlikely = 0.001\n'
        "[ingest]\nworkers = 0\n"
    )
    file = write_settings(folder, tiny_embedder_folder, "openai:small", extra)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "not-a-secret")
        assert ingest.__main__.main([str(folder / "documents"), "--config", str(file)]) == 0
    with serving(Workplace(file), folder / "server.log") as served:
        yield served
    assert "Traceback" not in (folder / "server.log").read_text(encoding="utf-8")


def settled(browser: Browser, address: str, question: str, answers: int = 1) -> None:
    """Ask, on a new page if it is the first question and has an address, until the answer is checked."""
    if answers == 1 and address:
        browser.driver.get(address)
        grant(browser, address)
    browser.ask(question)
    browser.until(lambda: len(browser.all("[class*='st-key-explain-']")) == answers, 180)


def grant(browser: Browser, address: str) -> None:
    """Let the page read and write the clipboard."""
    wanted = {"permissions": ["clipboardReadWrite"], "origin": address}
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", wanted)


def button(browser: Browser) -> WebElement:
    """The button that copies the first answer."""
    script = """
        const all = document.querySelectorAll('[class*=st-key-copy-1], [class*=st-key-copy-1] *');
        return [...all].find(each => each.shadowRoot && each.shadowRoot.querySelector('button'));
    """
    browser.until(lambda: browser.driver.execute_script(script))
    host: WebElement = browser.driver.execute_script(script)
    return host.shadow_root.find_element(By.CSS_SELECTOR, "button")


def clipboard(browser: Browser) -> str:
    """What was copied."""
    script = "navigator.clipboard.readText().then(arguments[0], error => arguments[0](String(error)))"
    return str(browser.driver.execute_async_script(script))


def copied(browser: Browser, selector: str) -> str:
    """What is on the clipboard after an element was selected and Ctrl+C was pressed."""
    browser.driver.execute_script(
        "getSelection().selectAllChildren(document.querySelector(arguments[0]))", selector
    )
    press(browser, "c")
    return clipboard(browser)


def press(browser: Browser, key: str) -> None:
    ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()


def test_figures_survive_copying_by_hand_and_by_the_button(address: str, browser: Browser) -> None:
    settled(browser, address, EMERGENCY)
    text = copied(browser, ".wj-answer .wj-text")
    assert re.sub(r"\[\d\]", "[n]", text.strip()) == "厂内应急分机是 8119 [n]。"
    browser.all(".wj-text")[0].click()
    press(browser, "a")
    press(browser, "c")
    everything = clipboard(browser)
    assert re.search(r"8119 \[\d\]", everything) and not re.search(r"8119\d", everything)

    assert button(browser).text == SAYS.copy
    button(browser).click()
    browser.until(lambda: clipboard(browser).endswith("”"))
    pasted = re.sub(r"\[\d\]", "[n]", re.sub(r"，日期 [\d-]+", "", clipboard(browser)))
    assert pasted == (
        "厂内应急分机是 8119 [n]。\n\n出处：\n[n] 员工手册 › 应急（hr/员工手册.md）：“厂内应急分机是 8119。”"
    )


def test_figures_of_a_table_a_printed_page_and_a_spoken_one_are_the_documents_own(
    address: str, browser: Browser
) -> None:
    settled(browser, address, HOTEL)
    assert browser.texts(".wj-quote th") == ["项目", "上海", "其他城市"]
    assert re.search(r"住宿上限\s+560元\s+320元", copied(browser, ".wj-quote"))
    assert "上海的住宿上限是560元 [" in copied(browser, ".wj-answer")

    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"]
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(b64decode(printed))).pages)
    assert re.search(r"560\s*元\s*\[\d\]", text)

    nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    said = [
        (each["role"]["value"], each["name"]["value"])
        for each in nodes
        if each.get("role", {}).get("value") in ("StaticText", "button")
    ]
    start = next(number for number, (_, name) in enumerate(said) if name.startswith("上海的住宿上限是560元"))
    assert said[start][1].strip() == "上海的住宿上限是560元"
    following = next(name for role, name in said[start:] if role == "button")
    assert re.fullmatch(r"引文 \[\d\]：员工手册 › 住宿", following)


def test_a_stopped_answer_keeps_its_figures_apart_and_can_be_copied(
    address: str, browser: Browser, model: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "allowed", 60)
    browser.driver.get(address)
    grant(browser, address)
    browser.ask(LONG)
    browser.until(lambda: any("8119" in text and "很长" in text for text in browser.texts(".wj-draft")))
    browser.all(".st-key-stop button")[0].send_keys(Keys.ENTER)
    browser.until(lambda: browser.all(".wj-stopped"))
    assert copied(browser, ".wj-stopped .wj-draft").startswith("厂内应急分机是 8119 [1]。这是")
    button(browser).click()
    browser.until(lambda: SAYS.stopped in clipboard(browser))
    assert clipboard(browser).startswith("厂内应急分机是 8119 [1]。这是")


def test_sentences_that_were_left_out_are_said_and_can_be_seen(address: str, browser: Browser) -> None:
    settled(browser, address, EMERGENCY)
    (summary,) = browser.all(".wj-taken summary")
    assert summary.text == "另有 2 句没有找到出处，已删去 · 查看"
    assert "香蕉" not in browser.all(".wj-answer")[0].text
    summary.send_keys(Keys.ENTER)
    browser.until(lambda: browser.visible(".wj-taken-text"))
    assert browser.texts(".wj-taken-text") == ["月球基地的暗号是香蕉 4711。", "海底仓库的钥匙有三把。"]


def test_an_answer_that_was_withdrawn_is_said_with_what_was_found_beside(
    address: str, browser: Browser
) -> None:
    settled(browser, address, KEYS)
    assert browser.texts(".wj-declined-label") == [SAYS.unsure]
    shown = browser.all(".wj-declined .wj-passage[open]")
    assert len(shown) == 2 and all(each.is_displayed() for each in shown)
    assert browser.texts(".wj-taken summary") == ["写出的文字没有找到出处，已撤回 · 查看"]


def test_a_filtered_decline_says_where_it_looked_and_one_click_looks_everywhere(
    address: str, browser: Browser
) -> None:
    browser.driver.get(address)
    browser.input()
    (filter,) = (each for each in browser.all("[data-testid=stExpander] summary") if "筛选" in each.text)
    filter.click()
    browser.until(lambda: browser.all("[data-testid=stExpander] [data-testid=stMultiSelect] input"))
    browser.all("[data-testid=stExpander] [data-testid=stMultiSelect] input")[0].send_keys("hr", Keys.ENTER)
    browser.until(lambda: browser.texts(".wj-filter"))
    settled(browser, "", REPAIRS)
    assert browser.texts(".wj-declined-label") == ["在所选的文档（hr/）里没有找到答案"]
    assert "support/" not in "".join(browser.texts(".wj-declined"))

    (again,) = browser.all("[class*='st-key-all-1'] button")
    assert again.text.endswith(SAYS.search_all)
    again.click()
    browser.until(lambda: len(browser.all("[class*='st-key-explain-']")) == 2)
    assert browser.texts(".wj-question") == [REPAIRS, REPAIRS]
    (text,) = browser.texts(".wj-answer:not(.wj-declined) .wj-text")
    assert text.startswith("返修登记号的样式是 RMA-7 [")


def test_the_quote_stands_in_sight_under_the_answer_by_title_and_section(
    address: str, browser: Browser
) -> None:
    settled(browser, address, EMERGENCY)
    (quote,) = browser.all(".wj-quote")
    assert quote.is_displayed() and quote.text.startswith("厂内应急分机是 8119。")
    assert "员工手册 › 应急" in quote.text and "hr/员工手册.md" in quote.text
    assert "%" not in "".join(each.text for each in browser.all("[data-testid=stChatMessage]"))
    assert not re.search(r"\d 秒", browser.all("[data-testid=stChatMessage]")[-1].text)


def test_a_curated_answer_that_covers_the_question_stands_before_what_was_written(
    address: str, browser: Browser
) -> None:
    settled(browser, address, CARS)
    curated, written = browser.all(".wj-curated .wj-text")[0], browser.all(".wj-answer .wj-text")[0]
    assert curated.text == "访客车辆停在北区地面车位，共 45 个。"
    assert written.text.startswith("访客车辆停在北区地面车位 [")
    assert curated.location["y"] < written.location["y"]
    settled(browser, address, "访客车辆停在哪里？", answers=2)
    assert SAYS.curated_to.format(question="访客车辆停在哪里？") in browser.all(".wj-answer")[-1].text
    settled(browser, address, "访客的车辆应该停在哪里呢？", answers=3)
    assert SAYS.suggested not in "".join(browser.texts(".wj-passage summary"))
