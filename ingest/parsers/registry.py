"""Which parser reads which file: the place where formats are added.

A parser is a LangChain ``BaseBlobParser`` that yields blocks (``ingest.parsers.blocks``). It is only named
here, and imported with the library behind it when the first file of its type is met. So the program starts
fast, and a parser of files within files (a mail with attachments) can ask for the parser of what is inside.
"""

import functools
from pkgutil import resolve_name

from langchain_core.document_loaders import BaseBlobParser

_SUFFIXES = {
    "markdown:MarkdownParser": ".md .markdown .mdx",
    "text:TextParser": ".txt .text .log .rst .org .adoc",
    "html:HtmlParser": ".html .htm .xhtml",
    "pdf:PdfParser": ".pdf",
    "image:ImageParser": ".png .jpg .jpeg .tif .tiff .bmp .webp",
    "word:WordParser": ".docx .docm",
    "powerpoint:PowerPointParser": ".pptx .pptm .ppsx",
    "excel:ExcelParser": ".xlsx .xlsm",
    "delimited:DelimitedParser": ".csv .tsv",
    "json_document:JsonParser": ".json .jsonl .ndjson",
    "epub:EpubParser": ".epub",
    "mail:MailParser": ".eml .mht .mhtml",
    "rtf:RtfParser": ".rtf",
    "office:OldOfficeParser": ".doc .xls .ppt .wps .et .dps",
}
_PARSERS = {suffix: name for name, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
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
    name = _PARSERS.get(suffix.lower())
    return _make(name) if name is not None else None


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


@functools.cache
def _make(name: str) -> BaseBlobParser:
    parser: BaseBlobParser = resolve_name(f"ingest.parsers.{name}")()
    return parser
