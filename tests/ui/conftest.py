"""A small knowledge base of real parts for the page: tiny random models, texts written here."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from ingest.embedding import embed_new
from rag.build import build_embeddings
from rag.knowledge_base import FaqEntry, KnowledgeBase, NewDocument, NewPassage
from rag.settings import Settings, load_settings
from rag.text.language import language_of
from rag.text.sentences import Span
from tests.chromium import Browser

HOSTILE = (
    "The siren code is K77. <script>document.title='hacked'</script>"
    "<img src=x onerror=\"document.title='hacked'\"> "
    "**bold** [1] [click](javascript:alert(1)) $x^2$ </div></blockquote>"
)
DOCUMENTS: Mapping[str, Sequence[str]] = {
    "手册/设备.pdf": (
        "清泉净水器的滤芯型号是 QQ-80。滤芯每六个月更换一次。",
        "P200 潮汐泵的电池充满电后可以连续工作九小时。充电需要两个半小时。",
    ),
    "handbook.md": ("Staff get twelve days of leave a year. Visitors park on the north side.",),
    "hostile.html": (HOSTILE,),
}


@dataclass(frozen=True, slots=True)
class Workplace:
    """A settings file and the knowledge base that it names."""

    file: Path

    @property
    def settings(self) -> Settings:
        return load_settings(self.file)

    def write(self, documents: Mapping[str, Sequence[str]], curated: Sequence[tuple[str, str]] = ()) -> None:
        """Put documents (source to the texts of its pages) into the knowledge base and publish.

        ``curated``: questions with their answers, all of a document ``faq.md``.
        """
        embeddings = build_embeddings(self.settings)
        path = self.settings.knowledge_base.path
        with (
            KnowledgeBase.create(path, embeddings.fingerprint) as knowledge_base,
            knowledge_base.writer() as writer,
        ):
            root = writer.root(self.file.parent)
            found = [(source, pages, _passages(pages)) for source, pages in documents.items()]
            if curated:
                found.append(("faq.md", *_entries(curated)))
            for source, pages, passages in found:
                vectors = embed_new(writer, passages, embeddings)
                writer.put(root, _document(source, pages), passages, vectors)
            writer.publish()

    def make_anew(self, documents: Mapping[str, Sequence[str]], curated: Sequence[tuple[str, str]]) -> None:
        """Put another knowledge base in the place of this one, down to the numbers of its files."""
        folder = self.settings.knowledge_base.path
        old, new = folder.with_name("the old one"), folder.with_name("the new one")
        folder.rename(old)
        self.write(documents, curated)
        folder.rename(new)
        old.rename(folder)
        for each in [*folder.glob("catalogue.sqlite-*"), *folder.glob("*/**/*")]:
            if each.is_file():
                each.unlink()
        shutil.copytree(new, folder, dirs_exist_ok=True)
        shutil.rmtree(new)


def _passages(pages: Sequence[str]) -> list[NewPassage]:
    passages = []
    start = 0
    for number, text in enumerate(pages, start=1):
        end = start + len(text)
        page = number if len(pages) > 1 else None
        passages.append(NewPassage(text, start, end, page=page, lang=language_of(text)))
        start = end + 2
    return passages


def _entries(curated: Sequence[tuple[str, str]]) -> tuple[Sequence[str], list[NewPassage]]:
    """The pages and the passages of a document of questions and answers."""
    pages = [f"{question}\n{answer}" for question, answer in curated]
    passages = []
    for passage, (question, _) in zip(_passages(pages), curated, strict=True):
        end = passage.start + len(question)
        entry = FaqEntry((Span(passage.start, end),), Span(end + 1, passage.end))
        passages.append(replace(passage, entry=entry))
    return pages, passages


def _document(source: str, pages: Sequence[str]) -> NewDocument:
    text = "\n\n".join(pages)
    return NewDocument(
        source,
        sha256(text.encode()).hexdigest(),
        size=len(text.encode()),
        mtime_ns=0,
        parser="text",
        text=text,
        lang=language_of(text),
        modified="2026-01-20",
    )


def write_settings(folder: Path, embedder: Path, generator: str, extra: str = "") -> Path:
    """Write ``rag.toml`` into the folder; the knowledge base will lie beside it."""
    file = folder / "rag.toml"
    file.write_text(
        f'[knowledge_base]\npath = "knowledge"\n[embedder]\nmodel = "{embedder}"\ndevice = "cpu"\n'
        f'[reader]\nmodel = "none"\n[generator]\nmodel = "{generator}"\ndevice = "cpu"\n{extra}',
        encoding="utf-8",
    )
    return file


def extractive_workplace(folder: Path, embedder: Path) -> Workplace:
    """A knowledge base with the documents above in the folder, answered by the extractive reader."""
    place = Workplace(write_settings(folder, embedder, "extractive"))
    place.write(DOCUMENTS)
    return place


@pytest.fixture
def workplace(tmp_path: Path, tiny_embedder_folder: Path) -> Workplace:
    """A new extractive workplace."""
    return extractive_workplace(tmp_path, tiny_embedder_folder)


@pytest.fixture
def writing_workplace(tmp_path: Path, tiny_embedder_folder: Path, tiny_generator_folder: Path) -> Workplace:
    """The same, answered by a random Transformer that reads enough and writes for a long time."""
    generator = tmp_path / "generator"
    shutil.copytree(tiny_generator_folder, generator)
    config = json.loads((generator / "config.json").read_text(encoding="utf-8"))
    config["max_position_embeddings"] = 100_000
    (generator / "config.json").write_text(json.dumps(config), encoding="utf-8")
    file = write_settings(tmp_path, tiny_embedder_folder, str(generator), "max_tokens = 50000\n")
    place = Workplace(file)
    place.write(DOCUMENTS)
    return place


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all tests of a worker."""
    opened = Browser(tmp_path_factory.mktemp("chromium") / "profile")
    try:
        yield opened
    finally:
        opened.driver.quit()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """A browser with nothing on its page."""
    chromium.begin()
    return chromium
