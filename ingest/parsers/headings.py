"""Headings in text that has no styles: numbered ones, which can be told by their form."""

import re

_CHINESE_NUMBER = r"[一二三四五六七八九十百零〇\d]{1,4}"
_LEVELS = (
    (1, re.compile(rf"^第\s*{_CHINESE_NUMBER}\s*[编編篇部]分?(?=[\s　:：]|$)")),
    (2, re.compile(rf"^第\s*{_CHINESE_NUMBER}\s*章(?=[\s　:：]|\S)")),
    (
        2,
        re.compile(r"^(?:Chapter|Part|Appendix)\s+(?:\d{1,3}|[IVXLC]{1,6}|[A-Z])(?=[\s.:]|$)", re.IGNORECASE),
    ),
    (3, re.compile(rf"^第\s*{_CHINESE_NUMBER}\s*[节節](?=[\s　:：]|\S)")),
    (4, re.compile(r"^[一二三四五六七八九十]{1,3}、\S")),
)
_LONGEST = 40
_NO_HEADING_END = re.compile(r"[。！!；;,，、.…:：\d]$")


def heading_level(line: str) -> int | None:
    """The level of a line that is a numbered heading by its form (第三章 …, 二、…, Chapter 4 …), else None.

    Entries of a table of contents, which end in a page number, are none.
    """
    line = line.strip()
    if not line or len(line) > _LONGEST or "\n" in line or _NO_HEADING_END.search(line):
        return None
    return next((level for level, pattern in _LEVELS if pattern.match(line)), None)
