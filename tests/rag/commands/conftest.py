"""A small knowledge base made by the real ingest with tiny models, asked through the real command line."""

import json
from collections.abc import Callable
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

    def ingest(self, *arguments: str) -> tuple[int, str, str]:
        """Run ``python -m ingest FOLDER …``; the exit status, standard output and standard error."""
        return self._run(ingest.__main__.main, [str(self.folder), *arguments])

    def rag(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run ``python -m rag COMMAND …``."""
        return self._run(rag.__main__.main, [command, *arguments])

    def json(self, command: str, *arguments: str) -> Any:
        """Run a command with ``--json``, which must succeed, and read what it prints."""
        status, output, errors = self.rag(command, *arguments, "--json")
        assert status == 0, errors
        return json.loads(output)

    def _run(self, main: Callable[[list[str]], int], arguments: list[str]) -> tuple[int, str, str]:
        self._capsys.readouterr()
        status = main([*arguments, "--config", str(self.config), "--kb", str(self.kb)])
        captured = self._capsys.readouterr()
        return status, captured.out, captured.err


@pytest.fixture
def wenju(tmp_path: Path, tiny_embedder_folder: Path, capsys: pytest.CaptureFixture[str]) -> Wenju:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    config = tmp_path / "rag.toml"
    # The embedder is random, and a score of its counts for more than a rank.
    config.write_text(
        f'[embedder]\nmodel = "{tiny_embedder_folder}"\n[generator]\nmodel = "extractive"\n'
        '[retrieval]\nfusion = "ranks"\n',
        encoding="utf-8",
    )
    wenju = Wenju(config, folder, capsys)
    status, _, errors = wenju.ingest()
    assert status == 0, errors
    return wenju
