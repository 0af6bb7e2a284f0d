"""Rows of tables as the generator reads them: with the names of their columns."""

from collections.abc import Sequence

from rag.text.sentences import CELL


def has_cells(line: str) -> bool:
    """Whether a line is a table's row."""
    return CELL.search(line) is not None


def name_cells(rows: Sequence[str], context: str, text: str) -> str:
    """Write table rows as ``row name: column value; column value``, one a line.

    The header is the last row in the passage's context, else the first in its text. Lines that aren't
    rows of that table stay as they are.
    """
    in_context = [line for line in context.splitlines() if has_cells(line)]
    in_text = [line for line in text.splitlines() if has_cells(line)]
    header = (in_context[-1:] or in_text[:1] or [""])[0]
    columns = _cells(header)
    lines = []
    for line in (line for row in rows for line in row.splitlines()):
        cells = _cells(line)
        if cells == columns:
            continue
        if len(cells) != len(columns) or len(cells) < 2:
            lines.append(line)
            continue
        named = "; ".join(
            f"{column} {cell}".strip() for column, cell in zip(columns[1:], cells[1:], strict=True) if cell
        )
        lines.append(f"{cells[0]}: {named}")
    return "\n".join(lines) or "\n".join(rows)


def _cells(row: str) -> list[str]:
    return [each.strip() for each in CELL.split(row)]
