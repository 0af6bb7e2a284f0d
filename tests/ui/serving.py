"""The page served as the README says."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.ui.conftest import Workplace

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(workplace: Workplace, log: Path) -> Iterator[str]:
    """Serve it; yields its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "ui/app.py", "--server.port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*command, "--", "--config", str(workplace.file)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "none"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:
            address = f"http://localhost:{port}"
            for _ in range(600):
                try:
                    with urlopen(f"{address}/_stcore/health", timeout=1):
                        break
                except (URLError, TimeoutError, ConnectionError):
                    assert server.poll() is None, log.read_text(encoding="utf-8")
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()
