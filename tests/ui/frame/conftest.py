"""A served page, a model that always says the same behind it, and how it is asked."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.chromium import Browser
from tests.ui.conftest import DOCUMENTS, Workplace, write_settings
from tests.ui.serving import ROOT, serving
from tests.ui.stand_in import StandIn, stand_in


class Site(NamedTuple):
    """A served page, the knowledge base behind it, and the model that answers."""

    address: str
    workplace: Workplace
    model: StandIn


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, tiny_embedder_folder: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("served")
    with stand_in() as model:
        extra = f'base_url = "{model.address}"\n[answering]\nmax_question_characters = 60\n'
        workplace = Workplace(write_settings(folder, tiny_embedder_folder, "openai:stand-in", extra))
        workplace.write(DOCUMENTS)
        shutil.copytree(workplace.settings.knowledge_base.path, folder / "as it was")
        with serving(workplace, folder / "server.log") as address:
            yield Site(address, workplace, model)
    log = (folder / "server.log").read_text(encoding="utf-8")
    assert f'File "{ROOT / "ui"}' not in log, log


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    """The page, with model and knowledge base as they were at first."""
    served.model.begin()
    yield served
    folder = served.workplace.settings.knowledge_base.path
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(folder.with_name("as it was"), folder)


def ask(browser: Browser, question: str, answered: int = 1) -> None:
    """Ask, and wait until there are so many answers."""
    browser.ask(question)
    browser.until(lambda: len(browser.all(".wj-answer .wj-text:not(.wj-draft)")) >= answered)


def opened(browser: Browser, address: str) -> None:
    browser.driver.get(address)
    browser.input()
