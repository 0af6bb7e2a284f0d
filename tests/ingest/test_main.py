"""``python -m ingest``: output, exit status, and that errors are one line."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ingest.__main__ import main
from rag.knowledge_base import KnowledgeBase
from tests.reading import seen

WriteFiles = Callable[[Mapping[str, str | bytes]], Path]
ROOT = Path(__file__).parents[2]

LEAVE = "# 休假制度\n\n员工每年享有十二天带薪年假。\n"
PUMP = "The pump must be cleaned every six months.\n"


@pytest.fixture
def config(tmp_path: Path, tiny_embedder_folder: Path) -> Path:
    file = tmp_path / "rag.toml"
    file.write_text(
        f'[knowledge_base]\npath = "kb"\n[embedder]\nmodel = "{tiny_embedder_folder}"\ndevice = "cpu"\n'
    )
    return file


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line on a folder; returns exit status, standard output and standard error."""

    def run_main(folder: Path, *flags: str) -> tuple[int, str, str]:
        status = main([str(folder), "--config", str(config), *flags])
        out, err = capsys.readouterr()
        return status, out, err

    return run_main


Run = Callable[..., tuple[int, str, str]]


def test_report_is_on_standard_output_and_progress_on_standard_error(
    run: Run, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP, "c.xyz": b"x"})

    status, out, err = run(folder)

    assert status == 0
    assert "2 files: 2 added" in out
    assert "c.xyz: unknown type .xyz" in out
    assert "document/s" in err or "s/document" in err
    assert "document/s" not in out


def test_json_is_one_object_and_nothing_else(run: Run, write_files: WriteFiles) -> None:
    folder = write_files({"a.md": LEAVE, "empty.txt": b""})

    status, out, _ = run(folder, "--json")

    report = json.loads(out)
    assert status == 3
    assert (report["added"], report["passages"], report["generation"]) == (1, 1, 1)
    assert report["failed"] == [{"source": "empty.txt", "reason": "the file is empty"}]


def test_check_tells_by_its_exit_status_whether_disk_and_knowledge_base_agree(
    run: Run, write_files: WriteFiles
) -> None:
    folder = write_files({"a.md": LEAVE})
    assert run(folder)[0] == 0
    assert run(folder, "--check")[0] == 0
    write_files({"b.md": PUMP})
    status, out, _ = run(folder, "--check", "--json")
    assert status == 1
    assert json.loads(out)["differences"] == [
        {"source": "b.md", "reason": "on disk, but not in the catalogue"}
    ]


def test_strict_run_exits_with_1_and_publishes_nothing(run: Run, write_files: WriteFiles) -> None:
    status, out, _ = run(write_files({"a.md": LEAVE, "empty.txt": b""}), "--strict")
    assert status == 1
    assert "nothing was published" in out


def test_kb_flag_names_another_knowledge_base(run: Run, write_files: WriteFiles, tmp_path: Path) -> None:
    folder = write_files({"a.md": LEAVE})

    assert run(folder, "--kb", str(tmp_path / "other"))[0] == 0
    assert not (tmp_path / "kb").exists()
    with KnowledgeBase.open(tmp_path / "other") as kb:
        assert kb.verify().ok


def test_filters_may_be_given_several_times(run: Run, write_files: WriteFiles) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP, "c.html": "<p>x</p>", "old/d.md": LEAVE})

    out = run(folder, "--json", "--include", "*.md", "--include", "*.txt", "--exclude", "old")[1]

    assert json.loads(out)["files"] == 2


def test_dry_run_makes_nothing(run: Run, write_files: WriteFiles, tmp_path: Path) -> None:
    status, out, _ = run(write_files({"a.md": LEAVE}), "--dry-run")

    assert status == 0
    assert "1 added" in out and "dry run: nothing was changed" in out
    assert not (tmp_path / "kb").exists()


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda folder: None, "there is no folder"),
        (lambda folder: folder.mkdir(), "holds no documents"),
        (lambda folder: folder.write_text("x"), "is a file"),
    ],
)
def test_folder_that_gives_nothing_is_one_line_and_status_1(
    run: Run, tmp_path: Path, prepare: Callable[[Path], object], words: str
) -> None:
    folder = tmp_path / "documents"
    prepare(folder)

    status, out, err = run(folder)

    assert (status, out) == (1, "")
    assert err.startswith("error: ") and words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "kb").exists()


def test_all_files_failing_is_status_1(run: Run, write_files: WriteFiles) -> None:
    status, out, _ = run(write_files({"a.txt": b"", "b.pdf": b"x"}))

    assert status == 1
    assert "a.txt: the file is empty" in out


def test_unknown_setting_and_unknown_flag(run: Run, write_files: WriteFiles, config: Path) -> None:
    folder = write_files({"a.md": LEAVE})
    with pytest.raises(SystemExit) as usage:
        run(folder, "--nonsense")
    assert usage.value.code == 2

    config.write_text("[splitter]\ntarget_token = 3\n")
    status, _, err = run(folder)
    assert status == 1
    assert "unknown key 'splitter.target_token'" in err


def test_missing_model_is_one_line(run: Run, write_files: WriteFiles, config: Path, tmp_path: Path) -> None:
    config.write_text(f'[knowledge_base]\npath = "kb"\n[embedder]\nmodel = "{tmp_path / "nowhere"}"\n')

    status, out, err = run(write_files({"a.md": LEAVE}))

    assert (status, out) == (1, "")
    assert err.startswith("error: ") and err.count("\n") == 1


def test_root_that_lost_most_of_its_files_is_refused(run: Run, write_files: WriteFiles) -> None:
    folder = write_files({"a.md": LEAVE, "b.txt": PUMP})
    run(folder)
    (folder / "a.md").unlink()
    (folder / "b.txt").unlink()

    status, _, err = run(folder)
    assert status == 1
    assert "2 of the 2 known documents" in err

    status, out, _ = run(folder, "--allow-removals")
    assert status == 0
    assert "2 removed" in out


def test_another_embedder_is_refused_even_if_nothing_changed_and_rebuild_takes_it(
    run: Run, write_files: WriteFiles, config: Path, tiny_embedder_folder: Path
) -> None:
    folder = write_files({"a.md": LEAVE})
    assert run(folder)[0] == 0
    config.write_text(config.read_text() + 'passage_prefix = "passage: "\n')
    write_files({"b.txt": PUMP})

    status, _, err = run(folder)
    assert status == 1
    assert "--rebuild" in err and err.count("\n") == 1

    status, out, _ = run(folder, "--rebuild", "--json")
    assert (status, json.loads(out)["added"]) == (0, 2)


def test_corrupt_catalogue_is_refused_and_rebuild_moves_it_aside(
    run: Run, write_files: WriteFiles, tmp_path: Path
) -> None:
    folder = write_files({"a.md": LEAVE})
    run(folder)
    for file in (tmp_path / "kb").glob("catalogue.sqlite*"):
        file.write_bytes(b"this is not a database" * 100)

    status, _, err = run(folder)
    assert status == 1
    assert err.startswith("error: ") and "--rebuild" in err

    assert run(folder, "--rebuild")[0] == 0
    with KnowledgeBase.open(tmp_path / "kb") as kb:
        assert kb.verify().ok
        assert len(seen(kb).documents()) == 1


def test_run_without_news_loads_no_model(run: Run, write_files: WriteFiles, config: Path) -> None:
    folder = write_files({"a.md": LEAVE})
    run(folder)
    script = (
        "import sys; from ingest.__main__ import main; status = main(sys.argv[1:]); "
        "sys.exit(status or 10 * ('torch' in sys.modules))"
    )

    finished = subprocess.run(
        [sys.executable, "-c", script, str(folder), "--config", str(config)], cwd=ROOT, capture_output=True
    )

    assert finished.returncode == 0, finished.stderr.decode()


def test_ctrl_c_keeps_what_is_finished_and_exits_130(
    run: Run, write_files: WriteFiles, tmp_path: Path
) -> None:
    files = {}
    for number in range(150):
        lines = [f"第{number}号文件第{line}条：员工每年享有十二天带薪年假，可以顺延。" for line in range(40)]
        files[f"{number:03}.txt"] = "\n\n".join(lines)
    folder = write_files(files)
    journal = tmp_path / "kb" / "catalogue.sqlite-wal"
    finished = threading.Event()

    def press_ctrl_c_when_something_is_written() -> None:
        while not finished.wait(0.01):
            if journal.exists() and journal.stat().st_size > 400_000:
                os.kill(os.getpid(), signal.SIGINT)
                return

    watcher = threading.Thread(target=press_ctrl_c_when_something_is_written)
    watcher.start()
    try:
        status, out, _ = run(folder, "--json")
    finally:
        finished.set()
        watcher.join()

    report = json.loads(out)
    assert status == 130
    assert 0 < report["added"] < 150
    with KnowledgeBase.open(tmp_path / "kb") as kb:
        assert len(seen(kb).documents()) == report["added"]
        assert seen(kb).passage_count() == report["passages"]
        assert kb.verify().ok

    status, out, _ = run(folder, "--json")
    assert status == 0
    assert json.loads(out)["added"] == 150 - report["added"]
