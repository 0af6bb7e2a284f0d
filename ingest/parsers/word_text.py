"""Reading WordprocessingML elements (ECMA-376 part 1, 17): text, tables, marks."""

from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn

from ingest.normalization import normalize_line
from ingest.parsers.blocks import squeeze

FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = {FALLBACK}.union(
    qn(name) for name in ("w:del", "w:moveFrom", "w:instrText", "w:delText", "w:pPr", "w:txbxContent")
)
_BREAKS = {
    qn("w:br"): "\v",
    qn("w:cr"): "\v",
    qn("w:tab"): " ",
    qn("w:noBreakHyphen"): "-",
    qn("w:ptab"): " ",
}
_TEXTS = frozenset({qn("w:t"), "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"})


def visible_text(element: Any) -> str:
    """The visible text: deletions, field codes and text boxes left out, a new line at line breaks."""
    pieces: list[str] = []
    stack = [element]
    while stack:
        node = stack.pop()
        if node.tag in _TEXTS:
            pieces.append(node.text or "")
        elif node.tag in _BREAKS:
            pieces.append(_BREAKS[node.tag])
        elif node.tag not in _LEFT_OUT:
            stack.extend(reversed(node))
    return "\n".join(filter(None, map(squeeze, "".join(pieces).split("\v"))))


def table_rows(table: Any) -> Iterator[list[str]]:
    """The rows' texts by column. What is merged downwards is repeated, so that each row can be read alone."""
    above: dict[int, str] = {}
    for row in table.iter(qn("w:tr")):
        if next(row.iterancestors(qn("w:tbl"))) is not table:
            continue
        texts: list[str] = []
        for cell in row.iter(qn("w:tc")):
            if next(cell.iterancestors(qn("w:tr"))) is not row:
                continue
            merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
            column = len(texts)
            if merge is not None and merge.get(qn("w:val"), "continue") == "continue":
                text = above.get(column, "")
            else:
                text = normalize_line(" ".join(visible_text(each) for each in cell.iter(qn("w:p"))))
            above[column] = text
            texts.append(text)
            texts.extend([""] * (min(read_integer(span) or 1, 100) - 1 if span is not None else 0))
        yield texts


def header_rows(table: Any) -> int | None:
    count = len(table.findall(f"{qn('w:tr')}/{qn('w:trPr')}/{qn('w:tblHeader')}"))
    return count or None


def is_strong(paragraph: Any) -> bool:
    runs = [run for run in paragraph.iter(qn("w:r")) if visible_text(run)]
    bold = [run.find(f"{qn('w:rPr')}/{qn('w:b')}") for run in runs]
    return bool(runs) and all(
        each is not None and each.get(qn("w:val")) not in ("0", "false") for each in bold
    )


def read_integer(element: Any) -> int | None:
    value = str(element.get(qn("w:val")) or "")
    return int(value) if value.isascii() and value.isdigit() else None
