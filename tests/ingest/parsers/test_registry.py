"""Which parser reads which file."""

import subprocess
import sys

import pytest

from ingest.parsers import KNOWN_SUFFIXES, parser_for, why_unknown
from ingest.parsers.base import DocumentParser


@pytest.mark.parametrize("suffix", KNOWN_SUFFIXES)
def test_every_known_type_has_a_parser(suffix: str) -> None:
    parser = parser_for(suffix)

    assert isinstance(parser, DocumentParser)
    assert parser.name


def test_types_are_known_in_any_case() -> None:
    assert parser_for(".PDF") is parser_for(".pdf")
    assert parser_for(".JPEG") is parser_for(".png")


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        ("", "no file type in its name"),
        (".Xyz", "unknown type .xyz"),
        (".odt", "unknown type .odt (save it as .docx)"),
    ],
)
def test_an_unknown_type_is_said_with_what_to_do(suffix: str, reason: str) -> None:
    assert parser_for(suffix) is None
    assert why_unknown(suffix) == reason


@pytest.mark.processes
def test_no_format_is_imported_before_a_file_of_its_type_is_met() -> None:
    program = (
        "import sys, ingest.parsers; "
        "print([m for m in ('pypdf', 'openpyxl', 'docx', 'rapidocr', 'bs4') if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert printed.stdout.strip() == "[]"
