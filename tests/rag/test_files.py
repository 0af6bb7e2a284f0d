import hashlib
from pathlib import Path

import pytest

from rag.files import file_digest, write_atomically


def test_content_is_replaced_and_its_digest_returned(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    digest = write_atomically(file, lambda path: path.write_text("new"))
    assert file.read_text() == "new"
    assert digest == hashlib.sha256(b"new").hexdigest() == file_digest(file)


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_atomically(file, fail)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
