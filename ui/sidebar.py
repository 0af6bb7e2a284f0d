"""The sidebar: which knowledge base and models are in use, and how to use one's own folder."""

import shlex
from pathlib import Path

import streamlit as st

from rag.errors import RagError
from rag.service import Service
from rag.settings import GeneratorSettings, Settings
from ui import view
from ui.session import open_service
from ui.wording import WORDINGS, Language, Wording


@st.fragment(run_every="5s")
def show_knowledge_base(settings: Settings, language: Language) -> None:
    """The knowledge base's path and contents; follows what other processes ingest."""
    wording = WORDINGS[language]
    path = settings.knowledge_base.path.resolve()
    facts = [(wording.knowledge_base, shown_path(path))]
    try:
        service = open_service(settings)
        facts.extend(_holdings(str(path), service.generation, language, service))
    except RagError as error:
        facts.append((wording.contents, wording.lead(error) or str(error)))
    st.html(view.facts_html(facts))


def shown_path(path: Path) -> str:
    """A path for people: ``~`` stands for their home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def show_models(settings: Settings, wording: Wording) -> None:
    """Which embedder and generator answer, and on what device."""
    generator = settings.generator
    facts = [
        (wording.embedder, settings.embedder.model),
        (wording.generator, wording.extractive if generator.model == "extractive" else generator.model),
        (wording.device, _device(generator, wording)),
    ]
    st.html(view.facts_html(facts))


def show_own_folder(settings: Settings, wording: Wording) -> None:
    """How to bring one's own documents in."""
    path = shlex.quote(str(settings.knowledge_base.path.resolve()))
    with st.expander(wording.own_folder, icon=":material/create_new_folder:"):
        st.write(wording.own_folder_text)
        st.code(f"python -m ingest {wording.folder} --kb {path}", language="bash", wrap_lines=True)


@st.cache_data(show_spinner=False, max_entries=16, ttl=60)
def _holdings(path: str, generation: int, language: Language, _service: Service) -> list[tuple[str, str]]:
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
        (wording.version, wording.generation.format(generation=generation)),
        (wording.newest, newest),
    ]
    return [(name, value) for name, value in facts if value]


def _device(generator: GeneratorSettings, wording: Wording) -> str:
    if generator.base_url is not None:
        return wording.elsewhere.format(url=generator.base_url)
    from rag.models.hardware import choose_device  # brings torch, which the page has loaded by now

    return choose_device(generator.device)
