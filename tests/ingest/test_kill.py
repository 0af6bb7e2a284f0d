"""Runs that are killed at any moment: what was published stays whole, and the next run finishes the work."""

import logging
import time
from pathlib import Path
from random import Random

import pytest

from ingest.checking import check_folder
from rag.errors import KnowledgeBaseNotFound
from rag.knowledge_base import KnowledgeBase
from tests.ingest.changing_folder import ChangingFolder, Version, find_whole_versions
from tests.ingest.ingest_process import Run

pytestmark = pytest.mark.processes

logger = logging.getLogger(__name__)

_CHANGES = 700  # to files, about, by a run over a folder of which half was edited

# A stand-in for a parser that hangs where no other thread gets a turn, put before the parsers.
STUCK_PARSER = """
import re, sys
from pathlib import Path

import ingest.parsers


class Stuck:
    name, version = "stuck", 1

    def lazy_parse(self, blob):
        Path(blob.as_string()).touch()
        re.match("(a+)+$", "a" * 60 + "b")
        yield


ingest.parsers.parser_for = lambda suffix: Stuck()
import ingest.reading.document
ingest.reading.document.parser_for = ingest.parsers.parser_for
"""


class _Killer:
    """Kills runs at random: while they publish, before one of their changes to files, or at any time."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._seconds = {0: 0.8, 1: 2.0}  # of a run with so many reading processes; learnt as they go
        self._number = 0

    def kill(self, run: Run) -> tuple[bool, bool]:
        """Start the run and kill it; tells whether it came to that, and whether it was publishing."""
        self._number += 1
        started = time.perf_counter()
        moment = 60.0
        if self._number % 3 == 0:
            run.start(killed_before_change=self._random.randint(1, _CHANGES))
        elif self._number % 3 == 1:
            run.start()
            run.wait_for_publication(self._random.randint(1, 6))
            moment = self._random.uniform(0, 0.15)
        else:
            run.start()
            moment = self._random.uniform(0, self._seconds[run.workers])
        was_killed, was_publishing = run.kill_after(moment)
        if not was_killed:
            seconds = time.perf_counter() - started
            self._seconds[run.workers] = 0.7 * self._seconds[run.workers] + 0.3 * seconds
        return was_killed, was_publishing


def _kill_again_and_again(tmp_path: Path, kills: int, seed: int) -> None:
    random = Random(seed)
    folder = ChangingFolder(tmp_path / "docs", 24, random)
    killer = _Killer(random)
    kb = tmp_path / "kb"
    killed = while_publishing = with_work_left = generation = 0
    versions: dict[str, Version] = {}
    run = Run(folder.path, kb, 0)
    for number in range(10 * kills):
        untouched = folder.edit()
        was_killed, was_publishing = killer.kill(run)
        run = Run(folder.path, kb, (number + 1) % 2)
        killed += was_killed
        while_publishing += was_publishing
        try:
            found = find_whole_versions(kb, folder)
        except KnowledgeBaseNotFound:
            assert not generation, "the knowledge base is gone"
            continue
        assert found.generation >= generation
        for source in untouched & versions.keys():
            assert source in found.versions, f"{source} was lost"
            if versions[source] == folder.current[source]:
                assert found.versions[source] == versions[source], f"{source} went back to an older version"
        with_work_left += found.verified.behind
        versions, generation = found.versions, found.generation
        if killed >= kills:
            break
    run.start()
    run.finish()

    assert killed >= kills
    assert while_publishing, "no kill came while a run was publishing: the moments are badly chosen"
    assert with_work_left, "no kill came between a change and its publication"
    assert find_whole_versions(kb, folder).versions == folder.current
    with KnowledgeBase.open(kb) as knowledge_base:
        report = check_folder(folder.path, knowledge_base)
    assert report.ok, report.to_text()
    logger.info("%d kills, %d while publishing, %d with work left", killed, while_publishing, with_work_left)


def test_killed_runs_leave_whole_versions_and_the_next_run_finishes(tmp_path: Path) -> None:
    _kill_again_and_again(tmp_path, 5, seed=1)


def test_reading_process_that_hangs_ends_with_the_run_that_is_killed(tmp_path: Path) -> None:
    hook, docs = tmp_path / "hook", tmp_path / "docs"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import sys\nif 'ingest.reading.worker' in ' '.join(sys.orig_argv):\n    import stuck_parser\n"
    )
    (hook / "stuck_parser.py").write_text(STUCK_PARSER)
    docs.mkdir()
    mark = tmp_path / "mark"
    (docs / "a.txt").write_text(str(mark))
    run = Run(docs, tmp_path / "kb", 1, hook=str(hook))
    run.start()
    deadline = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert run.kill_after(0.2) == (True, False)


@pytest.mark.slow
def test_many_killed_runs_leave_whole_versions(tmp_path: Path) -> None:
    _kill_again_and_again(tmp_path, 120, seed=2)
