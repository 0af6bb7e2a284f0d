import sqlite3
from typing import Any


def test_a_sound_knowledge_base_passes(wenju: Any) -> None:
    status, output, _ = wenju.rag("verify")
    assert status == 0 and output.startswith("ok")
    assert wenju.json("verify")["problems"] == []


def test_a_passage_that_is_no_slice_of_its_document_is_found(wenju: Any) -> None:
    with sqlite3.connect(wenju.kb / "catalogue.sqlite") as connection:
        connection.execute("UPDATE passages SET text = text || 'x' WHERE key = 1")
    connection.close()
    status, output, _ = wenju.rag("verify")
    assert status == 1 and "PROBLEM" in output


def test_a_lost_dense_index_is_reported_and_search_makes_it_again(wenju: Any) -> None:
    for file in (wenju.kb / "dense").rglob("*"):
        if file.is_file():
            file.unlink()
    status, output, _ = wenju.rag("verify")
    assert status == 1 and "dense" in output
    assert wenju.json("search", "shuttle")["hits"]
    assert wenju.rag("verify")[0] == 0


def test_a_catalogue_that_is_no_database_is_one_clear_line(wenju: Any) -> None:
    (wenju.kb / "catalogue.sqlite").write_bytes(b"not a database" * 100)
    for suffix in ("-wal", "-shm"):
        (wenju.kb / f"catalogue.sqlite{suffix}").unlink(missing_ok=True)
    for command in (["verify"], ["search", "x"], ["ask", "x"]):
        status, _, errors = wenju.rag(*command)
        assert status == 1
        assert errors.count("error:") == 1 and "catalogue.sqlite" in errors and "--rebuild" in errors
