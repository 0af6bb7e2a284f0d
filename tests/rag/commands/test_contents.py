import sqlite3
from typing import Any

from rag.commands.contents import remark


def test_documents_are_listed_with_what_is_known_of_them(wenju: Any) -> None:
    documents = wenju.json("documents")
    assert sorted(each["source"] for each in documents) == ["shuttle.txt", "warranty.md", "软管.md"]
    for each in documents:
        assert each["status"] == "ok" and each["passages"] >= 1 and each["characters"] > 10
    status, output, _ = wenju.rag("documents")
    assert status == 0 and "软管.md" in output


def test_a_documents_text_is_printed_exactly(wenju: Any) -> None:
    status, output, _ = wenju.rag("text", "软管.md")
    (document,) = [each for each in wenju.json("documents") if each["source"] == "软管.md"]
    assert status == 0
    assert len(output) == document["characters"]
    assert "软管每运行 250 小时更换一次。更换前请断开电源。" in output


def test_an_unknown_document_is_named(wenju: Any) -> None:
    status, output, errors = wenju.rag("text", "none.md")
    assert status == 1 and output == "" and "none.md" in errors


def test_how_a_document_was_read_is_told_in_a_few_words() -> None:
    report = {"pages_by_ocr": [1, 2], "garbled_pages": [3], "pages_without_text": [], "warnings": ["one"]}
    assert remark(report) == "  (1 page garbled, 2 pages by OCR, 1 warning)"
    assert remark({"warnings": []}) == ""


def test_related_documents_are_listed_with_the_passage_that_comes_nearest(wenju: Any) -> None:
    record = wenju.json("related", "软管.md", "-k", "1")
    assert list(record) == ["source", "related"] and record["source"] == "软管.md"
    (near,) = record["related"]
    assert list(near) == ["rank", "similarity", "source", "root", "title", "passage"]
    assert near["passage"]["source"] == near["source"] in ("warranty.md", "shuttle.txt")
    status, output, _ = wenju.rag("related", "软管.md")
    assert status == 0
    assert {line.split()[1] for line in output.splitlines()[::2]} == {"warranty.md", "shuttle.txt"}
    status, _, errors = wenju.rag("related", "none.md")
    assert status == 1 and "none.md" in errors


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
