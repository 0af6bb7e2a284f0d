"""The main text of an HTML page: what is left when its furniture is taken away.

Elements go by what they are (scripts, forms, navigation), by their role, and by what their class or id calls
them (menu, sidebar, breadcrumb …). A name is only a hint, so an element that holds much of the page's text
stays whatever it is called.
"""

import re

from bs4 import BeautifulSoup
from bs4.element import Tag

# fmt: off
_NEVER_TEXT = frozenset([
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "audio",
    "video", "map", "select", "textarea", "button", "input", "link", "meta", "dialog",
])
# fmt: on
_FURNITURE = ("nav", "aside", "footer")
_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "toolbar", "dialog"}
)
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|navbox|menu|sidebar|side-bar|footer|site-header|page-header|masthead|"
    r"breadcrumbs?|"
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
    total = max(1, _length(root))
    pending = [root]
    mains = []
    while pending:
        for child in list(pending.pop().children):
            if not isinstance(child, Tag):
                continue
            if child.name in _NEVER_TEXT:
                child.extract()
                continue
            if _is_furniture(child) and _length(child) < _MOST_OF_A_PAGE * total:
                child.extract()
                continue
            if child.name in ("main", "article") or child.get("role") == "main":
                mains.append(child)
            pending.append(child)
    # The page's own main element, if it has one that holds most of the text.
    best = max(mains, key=_length, default=root)
    return best if _length(best) >= 0.5 * _length(root) else root


def _is_furniture(element: Tag) -> bool:
    attributes = element.attrs or {}
    if element.name in _FURNITURE or str(attributes.get("role", "")).lower() in _ROLES:
        return True
    names = [str(each) for each in element.get_attribute_list("class") + element.get_attribute_list("id")]
    if element.name == "sup" and "reference" in names:
        return True
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if _HIDDEN.search(str(attributes.get("style", ""))):
        return True
    if element.name == "header":
        return element.find_parent(["main", "article", "section"]) is None and element.find("h1") is None
    return any(_NAMED.search(name) for name in names)


def _length(element: Tag) -> int:
    return sum(len(text.strip()) for text in element.strings if text.parent.name not in _NEVER_TEXT)
