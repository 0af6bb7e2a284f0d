"""The sidebar: what the knowledge base holds, and, folded, what its administrator needs."""

import shlex
from pathlib import Path

import streamlit as st

from rag.errors import RagError
from rag.settings import GeneratorSettings, Settings
from ui import view
from ui.frame_wording import FrameWording
from ui.opened import Edition, Holdings, open_base
from ui.wording import WORDINGS, Language, Wording, counted


@st.fragment(run_every="3s")
def show_knowledge_base(settings: Settings, language: Language, drawn: Edition | None) -> None:
    """What the knowledge base holds. Has the page drawn anew where it isn't the edition that was ``drawn``.

    Then it was changed, moved or deleted, or is there again.
    """
    try:
        base = open_base(settings)
        edition = base.edition
        facts = _facts(edition, base.holdings(), WORDINGS[language])
    except RagError:
        edition, facts = None, []  # the page says what is wrong, for it has read the same
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


def _facts(edition: Edition, holdings: Holdings, wording: Wording) -> list[tuple[str, str]]:
    contents = wording.holdings.format(
        documents=counted(holdings.documents, wording.documents),
        passages=counted(holdings.passages, wording.passages),
    )
    if holdings.failed:
        contents += wording.failed.format(count=holdings.failed)
    facts = [
        (wording.contents, contents),
        (wording.version, wording.generation.format(generation=edition.generation)),
        (wording.newest, holdings.newest),
    ]
    return [(name, value) for name, value in facts if value]


def _device(generator: GeneratorSettings, wording: Wording) -> str:
    if generator.base_url is not None:
        return wording.elsewhere.format(url=generator.base_url)
    from rag.models.hardware import choose_device  # brings torch, which the page has loaded by now

    return choose_device(generator.device)
