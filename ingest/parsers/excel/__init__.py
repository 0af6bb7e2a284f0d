"""Excel: sheets with their tables, merged cells and shown values."""

from ingest.parsers.excel.workbook import ExcelParser

__all__ = ["ExcelParser"]
