"""What an EPUB file says of itself: its package document, its table of contents, what of it is encrypted.

After EPUB 3.3 (and 2.0.1, whose table of contents is an NCX file). Names are looked up in the archive and
nowhere else, so that paths that lead out of it lead nowhere.
"""

import posixpath
import zipfile
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from lxml import etree

from ingest.normalization import normalize_line
from ingest.parsers.archive import read_entry
from ingest.parsers.base import UnreadableFile

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


class Package(NamedTuple):
    """A book's facts, and the archive's entries that are its pages, in reading order.

    ``chapters`` are the titles that the table of contents gives to entries.
    """

    title: str
    date: str
    pages: list[str]
    missing: list[str]
    chapters: dict[str, str]


def read_package(archive: zipfile.ZipFile) -> Package:
    """Read a book's package document.

    Raises:
        UnreadableFile: there is none, it is damaged, or the pages are encrypted.
    """
    names = set(archive.namelist())
    path = _package_path(archive, names)
    root = _tree(archive, path)
    items = {
        str(item.get("id")): (_inside(path, str(item.get("href", ""))), item)
        for item in _each(root, "manifest", "item")
    }
    pages, missing = [], []
    for reference in _each(root, "spine", "itemref"):
        name, item = items.get(str(reference.get("idref")), ("", None))
        if item is None or name not in names:
            missing.append(name or str(reference.get("idref")))
        elif item.get("media-type") in _PAGES and "nav" not in str(item.get("properties", "")).split():
            pages.append(name)
    if _encrypted(archive, names).intersection(pages):
        raise UnreadableFile("its pages are encrypted (DRM): only the shop's own reader opens it")
    return Package(
        title=_text(root, "title"),
        date=_modified(root) or _text(root, "date"),
        pages=pages,
        missing=missing,
        chapters=_chapters(archive, names, items, root),
    )


def _package_path(archive: zipfile.ZipFile, names: set[str]) -> str:
    if _CONTAINER not in names:
        raise UnreadableFile("it isn't an EPUB file: it has no META-INF/container.xml")
    for rootfile in _tree(archive, _CONTAINER).iter("{*}rootfile"):
        if (path := str(rootfile.get("full-path", ""))) in names:
            return path
    raise UnreadableFile("it isn't a whole EPUB file: its package document is missing")


def _tree(archive: zipfile.ZipFile, name: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(read_entry(archive, name), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(f"{name} in it is damaged: {error}") from error
    if root is None:
        raise UnreadableFile(f"{name} in it is empty")
    return root


def _inside(base: str, reference: str) -> str:
    """The entry that a reference in another entry leads to."""
    path = unquote(urlsplit(reference).path)
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else ""


def _each(root: Any, parent: str, child: str) -> list[Any]:
    return [each for holder in root.iter(f"{{*}}{parent}") for each in holder.iter(f"{{*}}{child}")]


def _text(root: Any, name: str) -> str:
    return next(filter(None, (normalize_line(each.text or "") for each in root.iter(f"{{*}}{name}"))), "")


def _modified(root: Any) -> str:
    for meta in root.iter("{*}meta"):
        if meta.get("property") == "dcterms:modified":
            return normalize_line(meta.text or "")
    return ""


def _encrypted(archive: zipfile.ZipFile, names: set[str]) -> set[str]:
    """The entries that are encrypted, but for fonts, which are only scrambled."""
    if _ENCRYPTION not in names:
        return set()
    found = set()
    for data in _tree(archive, _ENCRYPTION).iter("{*}EncryptedData"):
        method = next(data.iter("{*}EncryptionMethod"), None)
        if method is None or method.get("Algorithm") not in _FONT_SCRAMBLING:
            found |= {_inside("", str(each.get("URI", ""))) for each in data.iter("{*}CipherReference")}
    return found


def _chapters(
    archive: zipfile.ZipFile, names: set[str], items: dict[str, tuple[str, Any]], root: Any
) -> dict[str, str]:
    """Titles by entry, the first that the table of contents has for each. A damaged one is done without."""
    chapters: dict[str, str] = {}
    spine = next(root.iter("{*}spine"), None)
    ncx = items.get(str(spine.get("toc")) if spine is not None else "", ("", None))[0]
    navigation = [name for name, item in items.values() if "nav" in str(item.get("properties", "")).split()]
    for name in filter(names.__contains__, [*navigation, ncx]):
        try:
            tree = _tree(archive, name)
        except UnreadableFile:
            continue
        for link in tree.iter("{*}a"):
            title = normalize_line("".join(link.itertext()))
            chapters.setdefault(_inside(name, str(link.get("href", ""))), title)
        for point in tree.iter("{*}navPoint"):
            label, content = next(point.iter("{*}text"), None), next(point.iter("{*}content"), None)
            if label is not None and content is not None:
                target = _inside(name, str(content.get("src", "")))
                chapters.setdefault(target, normalize_line(label.text or ""))
    return chapters
