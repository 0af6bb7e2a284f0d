"""Other programs that bring a folder into an index with the same embedder, as their documentation shows it.

They aren't dependencies: what isn't installed is named and not measured. Each returns how many passages it
made and how many characters they hold together, and keeps its index in memory.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Made = tuple[int, int]  # passages, characters
_SIZE, _OVERLAP = 1000, 200  # characters of a passage, as in LangChain's tutorials


def langchain(folder: Path, model: Any) -> Made:
    """LangChain: its loaders, ``RecursiveCharacterTextSplitter`` and ``FAISS``.

    Raises:
        ImportError: it isn't installed.
    """
    from langchain_community.vectorstores import FAISS  # type: ignore[import-not-found,unused-ignore]

    passages = _split(folder)
    FAISS.from_documents(passages, _as_embeddings(model))
    return len(passages), sum(len(each.page_content) for each in passages)


def txtai(folder: Path, model: Any) -> Made:
    """txtai: an ``Embeddings`` database with contents, behind LangChain's loaders and splitter.

    Raises:
        ImportError: it or LangChain isn't installed.
    """
    import txtai as package  # type: ignore[import-not-found,unused-ignore]

    passages = [each.page_content for each in _split(folder)]
    index = package.Embeddings(
        method="external",
        transform=lambda texts: model.encode(texts, show_progress_bar=False),
        content=True,
    )
    index.index(passages)
    return len(passages), sum(map(len, passages))


PEERS: dict[str, Callable[[Path, Any], Made]] = {"LangChain": langchain, "txtai": txtai}


def _split(folder: Path) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # langchain-community says that it is going to be split up
        from langchain_community.document_loaders import (  # type: ignore[import-not-found,unused-ignore]
            BSHTMLLoader,
            DirectoryLoader,
            PyPDFLoader,
            TextLoader,
        )
        from langchain_text_splitters import (  # type: ignore[import-not-found,unused-ignore]
            RecursiveCharacterTextSplitter,
        )
    loaders = {"md": TextLoader, "txt": TextLoader, "html": BSHTMLLoader, "pdf": PyPDFLoader}
    documents = []
    for suffix, loader in loaders.items():
        keywords = {} if suffix == "pdf" else {"encoding": "utf-8"}
        if suffix == "html":
            keywords = {"open_encoding": "utf-8"}
        documents += DirectoryLoader(
            str(folder), glob=f"**/*.{suffix}", loader_cls=loader, loader_kwargs=keywords
        ).load()
    splitter = RecursiveCharacterTextSplitter(chunk_size=_SIZE, chunk_overlap=_OVERLAP)
    return list(splitter.split_documents(documents))


def _as_embeddings(model: Any) -> Any:
    """The loaded model behind LangChain's interface: ``encode`` with its defaults, in float32."""
    from langchain_core.embeddings import Embeddings

    class Plain(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = model.encode(texts, show_progress_bar=False).tolist()
            return vectors

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return Plain()
