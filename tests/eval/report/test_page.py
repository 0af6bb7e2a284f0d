"""The page: what stands where, what is escaped, and that nothing is fetched."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from eval.report import write_report
from eval.report.cases import segments
from tests.eval.report.conftest import EN_TEXT, answered, lost, ranked, sample_run, write_run

EVIL = "</title><script>alert(1)</script><img src=x onerror=alert(2)> \"'&{{ 7 * 7 }}"


def page_of(*runs: Path) -> tuple[Any, str]:
    """The page of these runs, parsed and as text."""
    text = write_report(runs, runs[0].parent / "report")[0].read_text(encoding="utf-8")
    return html.fromstring(text), text


@pytest.fixture(scope="module")
def written(made_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The page and the brief of the realistic run."""
    files = write_report([made_sample], tmp_path_factory.mktemp("report"))
    page, brief = (each.read_text(encoding="utf-8") for each in files)
    return page, brief


@pytest.fixture(scope="module")
def compared(made_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """The page of a realistic run after an earlier one on other data."""
    return page_of(sample_run(tmp_path_factory.mktemp("runs") / "new", day=9, data="other "), made_sample)


def texts(found: Any) -> list[str]:
    """The elements' text, white space collapsed."""
    return [" ".join(each.text_content().split()) for each in found]


def test_page_says_first_what_to_fix_and_leads_to_the_questions(written: tuple[str, str]) -> None:
    page: Any = html.fromstring(written[0])
    assert texts(page.xpath("//h2")) == [
        "Verdict",
        "What to fix next",
        "Measures",
        "Breakdown",
        "Plots",
        "Lost questions",
        "Run facts",
    ]
    (plan, *_) = page.xpath("//section[h2/@id='fix']//ol")
    counts = [int(each) for each in texts(plan.xpath(".//p[@class='amount']/b"))]
    assert counts == sorted(counts, reverse=True) and len(counts) == 8
    for link in page.xpath("//a/@href"):
        assert len(page.xpath("//*[@id=$id]", id=link.removeprefix("#"))) == 1
    for loss in page.xpath("//ol[@class='plan']/li"):
        (link,) = loss.xpath(".//a/@href")
        (heading,) = page.xpath("//h4[@id=$id]", id=link[1:])
        assert loss.xpath(".//b")[0].text in texts([heading])[0]


def test_one_run_has_no_history(written: tuple[str, str]) -> None:
    page: Any = html.fromstring(written[0])
    assert not page.xpath("//h3[@id='history']")


def test_nothing_is_fetched_and_no_id_is_given_twice(compared: tuple[Any, str]) -> None:
    page, text = compared
    assert not page.xpath("//script | //iframe | //object | //img")
    addresses = page.xpath("//@src | //@href | //@*[name() = 'xlink:href']")
    assert {each for each in addresses if not each.startswith("#")} == {"data:,"}
    assert not re.search(r"url\((?!#)|@import", text)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.xpath("//svg"))
    assert page.get("lang") == "en"


def test_what_documents_and_systems_say_is_escaped(tmp_path: Path) -> None:
    passage = {"number": 1, "source": EVIL, "page": 1, "start": 0, "end": 9, "score": 1.0, "evidence": EVIL}
    changes: dict[str, Any] = {
        "text": EVIL,
        "kind": EVIL,
        "lang": '"><b>',
        "answer": EVIL,
        "answers": [EVIL],
        "relevant": [EVIL],
        "passages": [passage],
        "citations": [{"number": 1, "source": EVIL, "page": 1, "quote": EVIL[8:20], "start": 8, "end": 20}],
    }
    lines = [lost(EVIL, "misread", **changes), lost("b", EVIL, error=EVIL, **changes)]
    system = "<script>x"
    folder = write_run(
        tmp_path / "<i>",
        answers={EVIL.replace("/", ""): {system: lines}},
        retrieval={"set": {system: [ranked("a", [EVIL], ["other"], text=EVIL)]}},
        facts={"settings": {EVIL: EVIL}, "command": EVIL},
    )
    page, text = page_of(folder)
    assert not page.xpath("//script | //img | //i[not(@style)]")
    assert "<script" not in text and "{{ 7 * 7 }}" in text
    assert EVIL in page.xpath("//details[@class='case']/summary/span")[0].text_content()
    brief = (folder.parent / "report" / "report.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<", brief)


def test_unmeasured_is_not_shown_as_zero(tmp_path: Path) -> None:
    unmeasured = {"mean": None, "low": None, "high": None, "n": 0}
    zero = {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 4}
    systems = {"dense": {"right": zero, "R@5": unmeasured}, "hybrid": {"right": unmeasured, "R@5": zero}}
    page, _ = page_of(write_run(tmp_path / "run", summary={"kb": systems}))
    rows = page.xpath("//section[h2/@id='measures']//tbody/tr")
    cells = [texts(row.xpath("./td")) for row in rows]
    shown, missing = "0.0000.000 to 0.000n 4", "–unmeasured"
    assert cells == [[shown, missing], [missing, shown]]
    brief = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| kb | dense | 0.000 (0.000–0.000) | – | 4 |" in brief


def test_question_is_shown_with_its_evidence_and_the_cited_words_marked(tmp_path: Path) -> None:
    page, _ = page_of(write_run(tmp_path / "run", answers={"kb": {"hybrid": [lost("q7", "misread")]}}))
    (case,) = page.xpath("//details[@class='case']")
    assert texts(case.xpath(".//mark")) == [EN_TEXT[:38].strip()]
    assert "36 months" in texts(case.xpath(".//dd"))[0]
    assert "It is 12 months. [1]" in texts(case.xpath(".//dd"))[1]
    assert texts(case.xpath(".//li[p[@class='place']]"))[0].startswith("[1] manual.md, page 2 gold cited")
    assert case.xpath(".//p[@class='text']/@lang")[-1] == "zh"


def test_quote_that_is_not_in_what_was_read_is_said_so(tmp_path: Path) -> None:
    citation = {
        "number": 1,
        "source": "manual.md",
        "page": 2,
        "quote": "never written",
        "start": 5,
        "end": 18,
    }
    lines = [lost("a", "misread", citations=[citation])]
    page, text = page_of(write_run(tmp_path / "run", answers={"kb": {"hybrid": lines}}))
    assert texts(page.xpath("//details[@class='case']//mark")) == ["never written"]
    assert "quoted, but not in what was read" in text


def test_questions_left_out_are_counted_and_named(tmp_path: Path) -> None:
    lines = [lost(f"m{number:03}", "misread") for number in range(70)]
    lines += [lost("s0", "split"), lost("s1", "split")]
    page, text = page_of(write_run(tmp_path / "run", answers={"kb": {"hybrid": lines}}))
    assert len(page.xpath("//details[@class='case']")) == 50
    assert "50 of 72 lost questions are shown; 22 are left out" in text
    assert len(page.xpath("//section[@class='group'][.//code[text()='s1']]//details[@class='case']")) == 2
    (rest,) = page.xpath("//details[summary = '22 left out']")
    assert len(rest.xpath(".//code")) == 1 + 22


def test_long_passage_is_cut_around_what_is_cited() -> None:
    text = "a" * 1000 + "CITED" + "b" * 1000
    found = segments(text, [(1000, 1005)])
    assert [each.kind for each in found] == ["cut", "read", "cited", "read", "cut"]
    assert found[0].text == "760 more characters" and found[2].text == "CITED"
    assert [each.kind for each in segments("x" * 2000, [])] == ["read", "cut"]
    assert "".join(each.text for each in segments("short", [(1, 3)])) == "short"
    assert segments("", []) == ()


def test_systems_without_confidence_are_named(tmp_path: Path) -> None:
    systems = {"extractive": [answered("a")], "hybrid": [answered("a", confidence=0.7)]}
    page, _ = page_of(
        write_run(tmp_path / "run", answers={"kb": systems, "other": {"extractive": [answered("a")]}})
    )
    notes = texts(page.xpath("//figure/p[@class='note']"))
    assert notes == ["no confidence given: extractive", "no confidence given."] * 2


def test_runs_are_compared_over_time_and_other_data_is_said(compared: tuple[Any, str]) -> None:
    page, text = compared
    assert page.xpath("//h1")[0].text == "new"
    assert page.xpath("//h3[@id='history']")
    assert "The newest of 2 runs, new, is reported" in text
    assert "were others in sample (their fingerprints differ)" in text


def test_failures_are_listed_with_their_error(tmp_path: Path) -> None:
    lines = [lost("q1", "failed", error="the model is gone"), answered("q2")]
    page, text = page_of(write_run(tmp_path / "run", answers={"kb": {"hybrid": lines}}))
    (row,) = page.xpath("//h3[@id='failures']/following::tbody[1]/tr")
    assert texts(row) == ["q1", "kb", "hybrid", "answers", "the model is gone"]
    assert "1 failed" in text


def test_brief_has_verdicts_what_to_fix_and_the_headline_table(written: tuple[str, str]) -> None:
    brief = written[1]
    assert brief.startswith("## Evaluation: sample\n")
    assert "### What to fix next (hybrid)" in brief
    assert "| set | system | right | right and cited |" in brief
    assert "](" not in brief and "http" not in brief
    assert len(brief.splitlines()) < 60


def test_run_without_questions_has_a_page(tmp_path: Path) -> None:
    _, text = page_of(write_run(tmp_path / "run"))
    assert "no answered and no ranked questions" in text


def test_template_and_style_are_in_the_package() -> None:
    names = {each.name for each in files("eval.report").iterdir()}
    assert {"page.html.jinja", "page.css"} <= names
