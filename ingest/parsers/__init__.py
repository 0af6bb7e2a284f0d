"""Which parser reads which file: the seam where formats are added.

A parser is a LangChain ``BaseBlobParser`` that yields blocks (``ingest.parsers.blocks``). Its module, and the
library behind it, is imported when the first file of its type is met.
"""

import functools
from collections.abc import Callable

from langchain_core.document_loaders import BaseBlobParser


def _markdown() -> BaseBlobParser:
    from ingest.parsers.markdown import MarkdownParser

    return MarkdownParser()


def _text() -> BaseBlobParser:
    from ingest.parsers.text import TextParser

    return TextParser()


def _html() -> BaseBlobParser:
    from ingest.parsers.html.document import HtmlParser

    return HtmlParser()


def _pdf() -> BaseBlobParser:
    from ingest.parsers.pdf.document import PdfParser

    return PdfParser()


def _word() -> BaseBlobParser:
    from ingest.parsers.word import WordParser

    return WordParser()


def _powerpoint() -> BaseBlobParser:
    from ingest.parsers.powerpoint import PowerPointParser

    return PowerPointParser()


def _excel() -> BaseBlobParser:
    from ingest.parsers.excel.workbook import ExcelParser

    return ExcelParser()


def _delimited() -> BaseBlobParser:
    from ingest.parsers.delimited import DelimitedParser

    return DelimitedParser()


def _old_office() -> BaseBlobParser:
    from ingest.parsers.office import OldOfficeParser

    return OldOfficeParser()


def _image() -> BaseBlobParser:
    from ingest.parsers.image import ImageParser

    return ImageParser()


def _json() -> BaseBlobParser:
    from ingest.parsers.json_document import JsonParser

    return JsonParser()


def _epub() -> BaseBlobParser:
    from ingest.parsers.epub import EpubParser

    return EpubParser()


def _mail() -> BaseBlobParser:
    from ingest.parsers.mail import MailParser

    return MailParser()


def _rtf() -> BaseBlobParser:
    from ingest.parsers.rtf import RtfParser

    return RtfParser()


_PARSERS: dict[str, Callable[[], BaseBlobParser]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".mdx": _markdown,
    ".txt": _text,
    ".text": _text,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".pdf": _pdf,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"), _image),
    ".docx": _word,
    ".docm": _word,
    ".pptx": _powerpoint,
    ".pptm": _powerpoint,
    ".ppsx": _powerpoint,
    ".xlsx": _excel,
    ".xlsm": _excel,
    ".csv": _delimited,
    ".tsv": _delimited,
    ".json": _json,
    ".jsonl": _json,
    ".ndjson": _json,
    ".epub": _epub,
    ".eml": _mail,
    ".mht": _mail,
    ".mhtml": _mail,
    ".rtf": _rtf,
    ".doc": _old_office,
    ".xls": _old_office,
    ".ppt": _old_office,
    ".wps": _old_office,
    ".et": _old_office,
    ".dps": _old_office,
    ".log": _text,
    ".rst": _text,
    ".org": _text,
    ".adoc": _text,
}
_ADVICE = {
    ".msg": "an Outlook message: save it as .eml",
    ".odt": "save it as .docx",
    ".ods": "save it as .xlsx",
    ".odp": "save it as .pptx",
    ".xlsb": "save it as .xlsx",
    ".pages": "export it as .docx or .pdf",
    ".numbers": "export it as .xlsx",
    ".key": "export it as .pptx or .pdf",
    ".mobi": "convert it to .epub",
    ".azw3": "convert it to .epub",
}
KNOWN_SUFFIXES = tuple(_PARSERS)


@functools.cache
def parser_for(suffix: str) -> BaseBlobParser | None:
    """The parser of files with that suffix (".pdf", in any case), or None if the type is unknown."""
    factory = _PARSERS.get(suffix.lower())
    return factory() if factory is not None else None


def parser_name(parser: BaseBlobParser) -> str:
    """What the catalogue calls a parser: its name and version, or its class if it isn't one of ours."""
    name = getattr(parser, "name", type(parser).__name__)
    return f"{name}/{getattr(parser, 'version', 1)}"


def why_unknown(suffix: str) -> str:
    """Why files with that suffix are skipped."""
    if not suffix:
        return "no file type in its name"
    advice = _ADVICE.get(suffix.lower())
    return f"unknown type {suffix.lower()}" + (f" ({advice})" if advice else "")
