"""The main text of an HTML page: what is left when its furniture is taken away.

Elements go by what they are (scripts, forms, navigation), by their role, and by what their class or id calls
them (menu, sidebar, breadcrumb …). A name is only a hint, so an element that holds much of the page's text
stays whatever it is called.
"""

import re

from bs4 import BeautifulSoup
from bs4.element import Tag

_NEVER_TEXT = (
    "script style noscript template iframe object embed svg canvas math-renderer audio video map select textarea "
    "button input link meta dialog"
).split()
_FURNITURE = ("nav", "aside", "footer")
_ROLES = ("navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "toolbar", "dialog")
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|navbox|menu|sidebar|side-bar|footer|site-header|page-header|masthead|breadcrumbs?|"
    r"cookies?|banner|advert\w*|ads|share|social|pagination|pager|related|comments?|skip-link|jump-link|"
    r"toc|table-of-contents|catlinks|printfooter|noprint|editsection|mw-editsection|mw-jump-link|metadata|"
    r"authority-control|mw-cite-backlink|sr-only|visually-hidden|screen-reader-text)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MOST_OF_A_PAGE = 0.4


def find_main_text(soup: BeautifulSoup) -> Tag:
    """The element that holds the main text. Everything that isn't text is removed from ``soup`` first."""
    root: Tag = soup.body or soup
    for element in root.find_all(_NEVER_TEXT):
        element.extract()
    total = _length(root)
    for element in root.find_all(True):
        if not element.decomposed and element is not root and _is_furniture(element):
            share = _length(element) / max(1, total)
            if share < _MOST_OF_A_PAGE:
                element.decompose()
    return _declared_main(root)


def _declared_main(root: Tag) -> Tag:
    """The page's own main element, if it has one that holds most of the text."""
    length = _length(root)
    candidates = root.find_all(["main", "article"]) + root.find_all(attrs={"role": "main"})
    best = max(candidates, key=_length, default=root)
    return best if _length(best) >= 0.5 * length else root


def _is_furniture(element: Tag) -> bool:
    attributes = element.attrs or {}
    if element.name in _FURNITURE or str(attributes.get("role", "")).lower() in _ROLES:
        return True
    if element.name == "sup" and "reference" in element.get("class", []):
        return True
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if _HIDDEN.search(str(attributes.get("style", ""))):
        return True
    if element.name == "header":
        return element.find_parent(["main", "article", "section"]) is None and element.find("h1") is None
    classes = attributes.get("class") or []
    names = [*(classes if isinstance(classes, list) else [str(classes)]), str(attributes.get("id", ""))]
    return any(_NAMED.search(name) for name in names)


def _length(element: Tag) -> int:
    return sum(len(text.strip()) for text in element.strings)
