"""Globs for the paths of documents."""

import re


def compile_glob(glob: str) -> re.Pattern[str]:
    """A glob as a pattern for whole sources. What matches a folder matches everything below it.

    A glob without a slash is for names anywhere (``*.md``, ``drafts``), one with a slash for paths from the
    root on (``hr/**/*.pdf``, ``hr/``).

    Raises:
        ValueError: it isn't a valid glob; says why.
    """
    body = glob.removeprefix("./").strip("/")
    anchored = "/" in body or glob.endswith("/") or glob.startswith(("./", "/"))
    pattern = "" if anchored else "(?:.*/)?"
    position = 0
    while position < len(body):
        if body.startswith("**/", position):
            pattern += "(?:.*/)?"
            position += 3
        elif body.startswith("**", position):
            pattern += ".*"
            position += 2
        else:
            character = body[position]
            end = body.find("]", position + 2)
            if character == "[" and end > 0:
                inside = body[position + 1 : end].replace("\\", r"\\").replace("[", r"\[")
                pattern += f"[{'^' + inside[1:] if inside[0] == '!' else inside}]"
                position = end
            else:
                pattern += {"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character))
            position += 1
    try:
        return re.compile(f"{pattern}(?:/.*)?")
    except re.error as error:
        raise ValueError(f"the pattern {glob!r} isn't a valid glob: {error}") from error
