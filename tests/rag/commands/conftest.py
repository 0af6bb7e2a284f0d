"""A small knowledge base made by the real ingest with tiny models, asked through the real command line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import ingest.__main__
import rag.__main__

TEXTS = {
    "warranty.md": "# Warranty\n\nThe Tidal pump is under warranty for two years, without the tubing.\n",
    "软管.md": "# 软管更换\n\n软管每运行 250 小时更换一次。更换前请断开电源。\n",
    "shuttle.txt": "The shuttle leaves the south gate at 7:40 every morning.\n",
}


class Wenju:
    """The command line on one knowledge base."""

    def __init__(self, config: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = config
        self.folder = folder
        self.kb = config.parent / "kb.wenju"
        self._capsys = capsys

    def rag(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run ``python -m rag COMMAND …``."""
        self._capsys.readouterr()
        status = rag.__main__.main([command, *arguments, "--config", str(self.config), "--kb", str(self.kb)])
        captured = self._capsys.readouterr()
        return status, captured.out, captured.err

    def json(self, command: str, *arguments: str) -> Any:
        """Run a command with ``--json``, which must succeed, and read what it prints."""
        status, output, errors = self.rag(command, *arguments, "--json")
        assert status == 0, errors
        return json.loads(output)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory, tiny_embedder_folder: Path) -> Path:
    """A folder with a knowledge base, its settings and the documents that it was made of, to be copied."""
    place = tmp_path_factory.mktemp("ingested")
    (place / "documents").mkdir()
    for name, text in TEXTS.items():
        (place / "documents" / name).write_text(text, encoding="utf-8")
    # The embedder is random, and a score of its counts for more than a rank.
    (place / "rag.toml").write_text(
        f'[embedder]\nmodel = "{tiny_embedder_folder}"\n[generator]\nmodel = "extractive"\n'
        '[retrieval]\nfusion = "ranks"\n[ingest]\nworkers = 0\n[reader]\nmodel = "none"\n',
        encoding="utf-8",
    )
    arguments = [str(place / "documents"), "--config", str(place / "rag.toml")]
    assert ingest.__main__.main([*arguments, "--kb", str(place / "kb.wenju")]) == 0
    return place


@pytest.fixture
def wenju(ingested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Wenju:
    shutil.copytree(ingested / "kb.wenju", tmp_path / "kb.wenju")
    shutil.copy(ingested / "rag.toml", tmp_path)
    return Wenju(tmp_path / "rag.toml", ingested / "documents", capsys)
