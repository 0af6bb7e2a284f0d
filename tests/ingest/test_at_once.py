"""Several at once: a second run is told, a reader sees whole generations only, and Ctrl-C stops in time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import numpy as np
import psutil
import pytest

from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from tests.ingest.changing_folder import ChangingFolder, find_whole_versions
from tests.ingest.ingest_process import FORKING, MAIN, Run
from tests.reading import seen

pytestmark = pytest.mark.processes

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]
ROOT = Path(__file__).parents[2]

_SOON = 8.0  # seconds: under two on an idle machine, but the processors may be busy here


def _read_all(connection: Connection, path: Path) -> None:
    """Asks both indexes for everything again and again until it is told to end."""
    generations, searches = [], 0
    with KnowledgeBase.open(path) as kb:
        connection.send("reading")
        while not connection.poll(0.01) or not searches:
            with kb.view(EVERYTHING).snapshot() as snapshot:
                promised = {each.source: each.passages for each in snapshot.documents()}
                texts = {source: snapshot.text(source) for source in promised}
                for hits in (
                    snapshot.search_dense(np.ones(32, dtype=np.float32), 100000),
                    snapshot.search_lexical("pump", 100000),
                ):
                    passages = snapshot.passages([each for each, _ in hits])
                    assert len(passages) == len(hits) == snapshot.passage_count()
                    found = dict.fromkeys(promised, 0)
                    for each in passages:
                        place = each.metadata
                        assert texts[place["source"]][place["start"] : place["end"]] == each.page_content
                        found[place["source"]] += 1
                    assert found == promised
            alone = seen(kb).search_lexical("pump", 100000)
            assert len(seen(kb).passages([each for each, _ in alone])) <= len(alone)
            searches += 1
            generations.append(kb.generation)
    assert generations == sorted(generations)
    connection.send((searches, len(set(generations))))


def test_reader_in_another_process_sees_whole_generations_only(tmp_path: Path) -> None:
    folder = ChangingFolder(tmp_path / "docs", 24, Random(3))
    kb = tmp_path / "kb"
    runs = [Run(folder.path, kb, 0) for _ in range(4)]
    runs[0].start()
    runs[0].finish()
    ours, theirs = FORKING.Pipe()
    reader = FORKING.Process(target=_read_all, args=(theirs, kb))
    reader.start()
    theirs.close()
    assert ours.recv() == "reading"
    for run in runs[1:]:
        folder.edit()
        run.start()
        run.finish()
    ours.send("end")
    searches, generations = ours.recv()
    reader.join()

    assert reader.exitcode == 0
    assert searches > 5
    assert generations > 3
    assert find_whole_versions(kb, folder).versions == folder.current


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "rag.toml"
    file.write_text('[knowledge_base]\npath = "kb"\n[ingest]\nworkers = 1\n')
    return file


@pytest.fixture
def many(write_files: WriteFiles) -> Path:
    """A folder that takes some seconds at least."""
    return write_files(
        {
            f"{number:03}.txt": "\n\n".join(
                f"第{number}号文件第{line}条：员工每年享有十二天带薪年假，可以顺延。" for line in range(40)
            )
            for number in range(600)
        }
    )


@contextmanager
def _ingesting(folder: Path, config: Path, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """The command line in a process group of its own, as a terminal starts it; its embedder is slow."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, str(folder), "--config", str(config), "--json"],
        cwd=ROOT,
        env={**os.environ, "TAKES_SECONDS": "0.3", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _press_ctrl_c(process: "subprocess.Popen[str]", *, whole_group: bool) -> tuple[float, str, str]:
    """Returns the seconds that it took to stop, and what was printed."""
    children = psutil.Process(process.pid).children(recursive=True)
    start = time.monotonic()
    if whole_group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    seconds = time.monotonic() - start
    assert not psutil.wait_procs(children, timeout=2)[1]
    return seconds, out, err


def _written(config: Path, size: int) -> Callable[[], bool]:
    journal = config.parent / "kb" / "catalogue.sqlite-wal"
    return lambda: journal.exists() and journal.stat().st_size > size


def test_second_run_is_told_that_the_first_is_at_work(many: Path, config: Path) -> None:
    with _ingesting(many, config) as first:
        _wait_for(_written(config, 100_000))
        with _ingesting(many, config) as second:
            out, err = second.communicate(timeout=60)
            assert first.poll() is None, "the first run was over too early for this test"
        assert (second.returncode, out) == (1, "")
        assert err.startswith("error: another process is writing to the knowledge base")
        assert err.count("\n") == 1
        _press_ctrl_c(first, whole_group=True)
    with KnowledgeBase.open(config.parent / "kb") as kb:
        assert kb.verify().ok


@pytest.mark.parametrize("whole_group", [True, False])
def test_ctrl_c_stops_soon_and_keeps_what_is_finished(many: Path, config: Path, whole_group: bool) -> None:
    with _ingesting(many, config) as process:
        _wait_for(_written(config, 500_000))
        seconds, out, err = _press_ctrl_c(process, whole_group=whole_group)

    assert process.returncode == 130, err
    assert "Traceback" not in err
    report = json.loads(out)
    assert 0 < report["added"] < 600
    assert report["left"] == 600 - report["added"]
    with KnowledgeBase.open(config.parent / "kb") as kb:
        assert len(seen(kb).documents()) == report["added"]
        assert kb.verify().ok
        assert not kb.verify().behind
    assert seconds < _SOON


@pytest.mark.parametrize("moment", ["while it starts", "while it reads"])
def test_ctrl_c_stops_a_run_whose_reading_process_is_stuck(
    write_files: WriteFiles, config: Path, tmp_path: Path, moment: str
) -> None:
    (tmp_path / "hook").mkdir()
    mark = tmp_path / "mark"
    hang = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(600)"
    stuck = f"from ingest.reading import document\ndef hang(*given):\n    {hang}\ndocument.parser_for = hang"
    if moment == "while it starts":
        stuck = hang
    (tmp_path / "hook" / "stuck_worker.py").write_text(stuck)
    (tmp_path / "hook" / "sitecustomize.py").write_text(
        "import sys\nif 'ingest.reading.worker' in ' '.join(sys.orig_argv):\n    import stuck_worker\n"
    )
    folder = write_files({"a.txt": "a"})
    with _ingesting(folder, config, PYTHONPATH=str(tmp_path / "hook")) as process:
        _wait_for(mark.exists)
        seconds, out, err = _press_ctrl_c(process, whole_group=False)

    assert process.returncode == 130, err
    report = json.loads(out)
    assert (report["added"], report["left"], report["failed"]) == (0, 1, [])
    assert seconds < _SOON
