"""HTML, as a file of its own and within other formats (Markdown, mail, EPUB)."""

from ingest.parsers.html.document import HtmlParser, html_blocks

__all__ = ["HtmlParser", "html_blocks"]
