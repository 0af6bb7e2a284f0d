"""The one object that every door opens, on a real knowledge base with tiny models."""

import inspect
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import ingest.__main__
from rag.answer import Final, Found, Question
from rag.errors import ConfigError, KnowledgeBaseError, KnowledgeBaseNotFound, WeightsError
from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase
from rag.service import Service
from rag.settings import load_settings

TEXTS = {
    "pump.md": "# Pump\n\nThe Tidal pump is under warranty for two years, without the tubing.\n",
    "notes/pump.md": "# Notes\n\nThe Tidal pump is under warranty for two years.\n",
    "软管.md": "# 软管更换\n\n软管每运行 250 小时更换一次。更换前请断开电源。\n",
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, tiny_embedder_folder: Path) -> Path:
    """A settings file beside the knowledge base that it names, filled."""
    folder = tmp_path_factory.mktemp("service")
    for name, text in TEXTS.items():
        file = folder / "documents" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    config = folder / "rag.toml"
    config.write_text(
        f'[knowledge_base]\npath = "kb"\n[embedder]\nmodel = "{tiny_embedder_folder}"\ndevice = "cpu"\n'
        '[generator]\nmodel = "extractive"\n[retrieval]\nfusion = "ranks"\n[ingest]\nworkers = 0\n'
        '[reader]\nmodel = "none"\n',
        encoding="utf-8",
    )
    assert ingest.__main__.main([str(folder / "documents"), "--config", str(config)]) == 0
    return config


@pytest.fixture
def service(config: Path) -> Iterator[Service]:
    with Service.open(roots=EVERYTHING, config=config) as service:
        yield service


def test_a_question_is_answered_and_its_events_end_with_the_same_answer(service: Service) -> None:
    answer = service.ask("软管多久更换一次？")
    first, *_, last = service.events("软管多久更换一次？")
    assert "软管每运行 250 小时更换一次" in answer.text and answer.citations
    assert isinstance(first, Found) and first.answer.passages and not first.answer.text
    assert isinstance(last, Final) and last.answer.text == answer.text


def test_a_search_gives_as_many_passages_as_asked_for_that_pass_the_filter(service: Service) -> None:
    assert len(service.search("pump", k=1).passages) == 1
    only = Filter(source=("notes/",))
    result = service.search(Question("pump", filter=only))
    assert {each.metadata["source"] for each in result.passages} == {"notes/pump.md"}
    assert result.question.filter == only and 0 <= result.embed_ms <= result.total_ms


@pytest.mark.parametrize(("query", "words"), [(" ", "is empty"), ("长" * 5000, "5,000 characters")])
def test_a_query_that_nothing_can_be_found_for_is_refused(service: Service, query: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        service.search(query)


def test_documents_texts_and_what_is_related_need_no_model(config: Path, tmp_path: Path) -> None:
    settings = load_settings(config).override("embedder", model=str(tmp_path / "nowhere"))
    with Service(settings, roots=EVERYTHING) as service:
        assert {each.source for each in service.documents()} == set(TEXTS)
        assert "250 小时" in service.text("软管.md")
        assert service.related("pump.md")[0].source == "notes/pump.md"
        assert service.generation >= 1 and service.verify().ok
        with pytest.raises(WeightsError, match="nowhere"):
            service.search("pump")


def test_what_a_passage_is_related_to_leaves_its_own_document_out(service: Service) -> None:
    (passage,) = service.search(Question("软管 250", filter=Filter(source=("软管.md",))), k=1).passages
    assert {each.source for each in service.related(passage)} == {"pump.md", "notes/pump.md"}


def test_nothing_is_opened_before_it_is_needed_and_what_failed_is_tried_again(
    config: Path, tmp_path: Path
) -> None:
    kb = tmp_path / "later"
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
        with pytest.raises(KnowledgeBaseNotFound, match="later"):
            service.documents()
        folder = config.parent / "documents"
        assert ingest.__main__.main([str(folder), "--config", str(config), "--kb", str(kb)]) == 0
        assert len(service.documents()) == len(TEXTS)


def test_threads_share_one_set_of_parts(service: Service) -> None:
    start = threading.Barrier(4)

    def ask(question: str) -> str:
        start.wait()
        return service.ask(question).text

    questions = ["软管多久更换一次？", "How long is the warranty of the Tidal pump?"] * 2
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ask, questions))
    assert together == [service.ask(each).text for each in questions]


def test_it_sees_what_was_published_meanwhile(service: Service, config: Path) -> None:
    before = service.generation
    file = config.parent / "documents" / "shuttle.txt"
    file.write_text("The shuttle leaves the south gate at 7:40 every morning.\n", encoding="utf-8")
    assert ingest.__main__.main([str(file.parent), "--config", str(config)]) == 0
    try:
        assert service.generation == before + 1
        assert "7:40" in service.ask("When does the shuttle leave?").text
    finally:
        file.unlink()
        ingest.__main__.main([str(file.parent), "--config", str(config)])


def test_what_may_be_seen_must_be_said_and_is_never_more_than_that(config: Path) -> None:
    settings = load_settings(config)
    with pytest.raises(TypeError):
        Service(settings)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Service.open(config=config)  # type: ignore[call-arg]
    with Service(settings, roots=frozenset({"/docs"})) as blind:  # no root of this knowledge base
        assert blind.documents() == [] and blind.search("pump").passages == ()
        assert blind.ask("How long is the warranty of the Tidal pump?").passages == ()
        with pytest.raises(KnowledgeBaseError, match="no document pump"):
            blind.text("pump.md")
        with pytest.raises(ConfigError, match="EVERYTHING"):
            blind.verify()
    root = str(config.parent / "documents")
    with Service(settings, roots=frozenset({root})) as sighted:
        assert {each.source for each in sighted.documents()} == set(TEXTS)


# What each method lets out of a knowledge base, asked for what stands in the folder "hidden" first of all.
ASKED: dict[str, Callable[[Service], Any]] = {
    "ask": lambda service: service.ask("Who gets the salary of nine thousand?"),
    "events": lambda service: list(service.events("Who gets the salary of nine thousand?")),
    "search": lambda service: service.search("salary nine thousand"),
    "documents": lambda service: service.documents(),
    "text": lambda service: service.text("salary.m"),
    "related": lambda service: service.related("pump.md"),
    "curated": lambda service: service.curated(),
}
SAYS_NOTHING = {"open", "close", "generation", "verify", "warm"}  # of what documents hold, or refuses to


def test_no_method_tells_of_what_may_not_be_seen(config: Path, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("shown", "hidden")}
    for folder in folders.values():
        folder.mkdir()
    (folders["shown"] / "pump.md").write_text(TEXTS["pump.md"], encoding="utf-8")
    (folders["hidden"] / "salary.md").write_text("The salary is 9,000 zorkmids.\n", encoding="utf-8")
    (folders["hidden"] / "faq.csv").write_text(
        "question,answer\nWho gets the salary of nine thousand?,Each zorkmid goes to Ann.\n",
        encoding="utf-8",
    )
    (folders["hidden"] / "terms.txt").write_text("salary, zorkmid\n", encoding="utf-8")
    kb = tmp_path / "kb"
    for folder in folders.values():
        assert ingest.__main__.main([str(folder), "--config", str(config), "--kb", str(kb)]) == 0
    settings = load_settings(config, kb=kb)

    def told(service: Service, name: str) -> str:
        try:
            return repr(ASKED[name](service))
        except KnowledgeBaseError as error:
            return str(error)

    methods = {
        name
        for name, kind in inspect.getmembers(Service)
        if not name.startswith("_") and (callable(kind) or isinstance(kind, property))
    }
    assert methods == ASKED.keys() | SAYS_NOTHING
    with (
        Service(settings, roots=EVERYTHING) as everything,
        Service(settings, roots=frozenset({str(folders["shown"])})) as sighted,
    ):
        (passage,) = everything.search(Question("zorkmids", filter=Filter(source=("salary.md",))), 1).passages
        for name in ASKED:
            words = ("zorkmid", "salary.md", "faq.csv", str(folders["hidden"]))
            assert any(each in told(everything, name) for each in words), name
            assert not any(each in told(sighted, name) for each in words), name
        with pytest.raises(KnowledgeBaseError):
            sighted.related(passage)


def test_a_knowledge_base_and_its_embedder_are_given_together(config: Path) -> None:
    settings = load_settings(config)
    with (
        KnowledgeBase.open(settings.knowledge_base.path) as knowledge_base,
        pytest.raises(ValueError, match="together"),
    ):
        Service(settings, roots=EVERYTHING, knowledge_base=knowledge_base)
