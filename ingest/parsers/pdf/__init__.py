"""PDF: lines, headings, tables and titles of its text layer, and the recognition of pages without one."""

from ingest.parsers.pdf.document import PdfParser

__all__ = ["PdfParser"]
