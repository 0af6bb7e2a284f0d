"""An error's message as Markdown, which is what Streamlit's error box takes."""

import re

_CODE_SPAN = re.compile(r"(`[^`\n]+`)")
_SYMBOLS = re.compile(r"(\S*(?:--|->|<-|>=|<=|~=)\S*)")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def as_markdown(message: str) -> str:
    """Markdown that shows a message as it is: code in backticks stays code, all else is plain text."""
    parts = []
    for index, part in enumerate(_CODE_SPAN.split(message)):
        if index % 2:
            parts.append(part)
            continue
        for position, piece in enumerate(_SYMBOLS.split(part)):
            # Streamlit writes "--" in text as a dash, which would spoil an option's name.
            symbols = position % 2 and "`" not in piece
            parts.append(f"`{piece}`" if symbols else _PUNCTUATION.sub(r"\\\1", piece))
    return "".join(parts)
