"""What a file is by its content, where that is unmistakable: names lie, most often those of old Office files.

Web applications write HTML and call it .xls; programs save a new format under an old name.
"""

import io
import re
import zipfile

_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|table)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_MIME = re.compile(
    rb"\A\s*(?:(?:From|Date|Subject|X-[\w-]+):[^\r\n]*\r?\n)*MIME-Version:\s*1\.0", re.IGNORECASE
)
_MAIN_PARTS = {
    "word/document.xml": ".docx",
    "xl/workbook.xml": ".xlsx",
    "ppt/presentation.xml": ".pptx",
    "META-INF/container.xml": ".epub",
}
_HEAD = 2048  # bytes


def content_suffix(data: bytes) -> str:
    """The suffix (".pdf") of the type the content shows, or "" where it doesn't."""
    head = data[:_HEAD]
    if b"%PDF-" in head[:1024]:
        return ".pdf"
    if head.startswith(b"{\\rtf"):
        return ".rtf"
    if head.startswith(b"PK\x03\x04"):
        return _package_suffix(data)
    if _HTML.match(head):
        return ".html"
    return ".eml" if _MIME.match(head) else ""


def _package_suffix(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    return next((suffix for part, suffix in _MAIN_PARTS.items() if part in names), "")
