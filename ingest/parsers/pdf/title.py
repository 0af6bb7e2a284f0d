"""A PDF's title, which its metadata seldom tells truly."""

import logging
import re
from collections.abc import Sequence

from pypdf import PdfReader

from ingest.normalization import normalize_line
from ingest.parsers.page_lines import Line
from ingest.parsers.pdf.headings import join_heading, usual_size
from ingest.parsers.pdf.outline import squash

logger = logging.getLogger(__name__)

_FIRST_PAGES = 3
_LENGTHS = range(4, 200)  # characters
_LARGER = 1.15  # than the running text
_FILE_NAME = re.compile(r"\.[A-Za-z]{2,5}$")


def find_title(reader: PdfReader, pages: Sequence[Sequence[Line]]) -> str:
    """The title from the metadata if the first pages bear it out (it is often a template's or a file's name),
    else the first page's lines in the largest type, if that is larger than the running text; else "".
    """
    try:
        title = normalize_line(str(reader.metadata.title or "")) if reader.metadata else ""
    except Exception as error:  # damaged metadata
        logger.warning("the title can't be read: %s", error)
        title = ""
    text = "".join(line.text for lines in pages[:_FIRST_PAGES] for line in lines)
    if len(title) > 1 and squash(title) in squash(text) and not _FILE_NAME.search(title):
        return title
    return _largest_lines([line for line in pages[0] if line.text])


def _largest_lines(lines: Sequence[Line]) -> str:
    for size in sorted({line.size for line in lines}, reverse=True)[:2]:
        if size < _LARGER * usual_size(lines):
            break
        places = [place for place, line in enumerate(lines) if line.size == size]
        if places[-1] - places[0] + 1 != len(places):
            continue  # they don't stand together
        title = join_heading(lines[place].text for place in places)
        if len(title) in _LENGTHS and any(each.isalpha() for each in title):
            return title
    return ""
