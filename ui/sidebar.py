"""The sidebar: what the knowledge base holds, and, folded, what its administrator needs."""

import shlex
from pathlib import Path

import streamlit as st

from rag.errors import RagError
from rag.service import Service
from rag.settings import GeneratorSettings, Settings
from ui import view
from ui.frame_wording import FrameWording
from ui.opened import Edition, open_base
from ui.wording import WORDINGS, Language, Wording


@st.fragment(run_every="3s")
def show_knowledge_base(settings: Settings, language: Language, drawn: Edition | None) -> None:
    """What the knowledge base holds. Has the page drawn anew where it isn't the edition that was ``drawn``.

    Then it was changed, moved or deleted, or is there again.
    """
    try:
        base = open_base(settings)
        edition = base.edition
        facts = _holdings(edition, language, base.service)
    except RagError:
        edition, facts = None, []  # the page says what is wrong
    if edition != drawn:
        st.rerun()
    st.html(view.facts_html(facts))


def shown_path(path: Path) -> str:
    """A path for people: ``~`` stands for their home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def show_operator(settings: Settings, wording: Wording, words: FrameWording) -> None:
    """What only who runs the page needs: where things lie, which models answer, how to add a folder."""
    operator = st.expander(words.operator, icon=":material/build:", key="operator", on_change="rerun")
    if not operator.open:
        return
    with operator:
        generator, path = settings.generator, settings.knowledge_base.path.resolve()
        facts = [
            (wording.knowledge_base, shown_path(path)),
            (wording.embedder, settings.embedder.model),
            (wording.generator, wording.extractive if generator.model == "extractive" else generator.model),
            (wording.device, _device(generator, wording)),
        ]
        st.html(view.facts_html(facts))
        st.markdown(wording.own_folder_text)
        command = f"python -m ingest {wording.folder} --kb {shlex.quote(str(path))}"
        st.code(command, language="bash", wrap_lines=True)


@st.cache_data(show_spinner=False, max_entries=16, ttl=60)
def _holdings(edition: Edition, language: Language, _service: Service) -> list[tuple[str, str]]:
    wording = WORDINGS[language]
    documents = _service.documents()
    read = [each for each in documents if each.status == "ok"]
    holdings = wording.holdings.format(
        documents=f"{len(read):,}", passages=f"{sum(each.passages for each in read):,}"
    )
    if len(read) < len(documents):
        holdings += wording.failed.format(count=len(documents) - len(read))
    newest = max((each.modified[:10] for each in read), default="")
    facts = [
        (wording.contents, holdings),
        (wording.version, wording.generation.format(generation=edition.generation)),
        (wording.newest, newest),
    ]
    return [(name, value) for name, value in facts if value]


def _device(generator: GeneratorSettings, wording: Wording) -> str:
    if generator.base_url is not None:
        return wording.elsewhere.format(url=generator.base_url)
    from rag.models.hardware import choose_device  # brings torch, which the page has loaded by now

    return choose_device(generator.device)
