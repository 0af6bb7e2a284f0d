"""Rules for English questions that ask two things."""

import re

_AUXILIARY = r"(?:do|does|did|is|are|was|were|can|could|may|might|must|should|shall|will|would|has|have|had)"
_WH = r"(?:what|who|whom|whose|where|when|which|why|how)"
_DETERMINER = r"(?:the|a|an|my|our|your|their|this|that|these|those|its|his|her)"
_PRONOUN = r"(?:i|we|you|it|they|he|she|there|one)"
_START = re.compile(  # of a question: inverted, or with its subject asked for
    rf"(?:(?:in|on|at|for|to|by|from|of|with|under|about)\s+)?(?:who\s+(?!{_PRONOUN}\b|{_DETERMINER}\b)\w"
    rf"|what\s+(?:if|about|happens)\b|which\s+(?!{_AUXILIARY}\b|{_PRONOUN}\b|{_DETERMINER}\b|in\b)\w+\s+(?:\w+\s+)?{_AUXILIARY}\b"
    rf"|(?!which|whose){_WH}\s+(?:(?!(?:{_PRONOUN}|{_DETERMINER}|to)\b)[\w'’-]+\s+){{0,3}}?{_AUXILIARY}\b"
    rf"|{_AUXILIARY}\s+(?:{_PRONOUN}|{_DETERMINER}|anyone|someone)\b)",
    re.IGNORECASE,
)
_LOOSE_START = re.compile(  # of a question after a comma
    rf"(?:(?:in|on|at|for|to|by|from|of|with|under|about)\s+)?(?:what|how\s+(?:many|much)|when|where|why)\s+"
    rf"(?!{_PRONOUN}\b|{_DETERMINER}\b)\S+(?:\s+\S+){{2,}}",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"(?:(?:in|on|at|for|to|by|from|of|with|under|about)\s+)?(?:{_WH}|{_AUXILIARY})\b", re.IGNORECASE
)
_STRONG = re.compile(r"[?;]\s*")
_AND = re.compile(r"(?:,\s*|\s+)(?:(?:and|but)(?:\s+also)?|also),?\s+", re.IGNORECASE)
_CONNECTIVE = re.compile(r"^(?:(?:and|also|but|then|or|plus)\b,?\s*)+", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|its|they|them|their)\b", re.IGNORECASE)
_EMPTY_IT = re.compile(
    r"\bit\s+(?:take|possible|necessary|allowed|true|safe)\b|\bit\s+(?=that|to)\b", re.IGNORECASE
)

_NAME = re.compile(r"[\"“'‘(]?(?:[A-Z]|\w*\d)")
_INNER = frozenset(["of", "the", "von", "van", "de", "der", "da", "di", "du", "le", "la", "del", "bin", "al"])
_STOP = re.compile(
    rf"^(?:{_AUXILIARY}|{_WH}|of|for|in|on|at|to|by|from|with|between|than|and|or|both|each|respectively)$",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"\b(?:both|respectively|each(?!\s+(?:day|week|month|year|time|night|morning|one|of|other))|same|share"
    r"|in common|differ)\b",
    re.IGNORECASE,
)
_DISTRIBUTING = frozenset(["both", "each", "respectively"])
_SUBJECT_NEXT = re.compile(rf"\b{_AUXILIARY}(?:\s+the\s+\w+)?$", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\b(?:differences?|distinction)\s+(?:in\s+(?P<what>.+?)\s+)?between\s+(?P<one>.+?)\s+and\s+(?P<other>.+)$"
    r"|^compare\s+(?P<first>.+?)\s+(?:and|with|to)\s+(?P<second>.+)$",
    re.IGNORECASE,
)
_COMPARATIVE = r"(?:more|less|fewer|better|worse|[a-z]{2,}er|(?:more|less)\s+\w+)"
_THAN = re.compile(
    rf"^(?P<aux>(?:how\s+(?:much|many)\s+.*?)?{_AUXILIARY})"
    rf"\s+(?P<one>(?:{_DETERMINER}\s+)?(?!{_DETERMINER}\s)\S+(?:\s.+?)??)"
    rf"(?P<rest>(?:\s+(?-i:[a-z])\w*){{0,2}}?\s+{_COMPARATIVE}(?:\s+\w+)?)?"
    r"\s+than\s+(?P<other>(?:the|my|our|a|an|this)\s+\S.*|(?-i:[A-Z]).*)$",
    re.IGNORECASE,
)
_OR = re.compile(
    r"^(?:which|who|what)\s+(?P<rest>.+?)\s*[,:]\s*(?P<one>[^,]+?)\s+or\s+(?P<other>[^,]+)$", re.IGNORECASE
)
_OR_INSIDE = re.compile(
    r"^(?:which|who|what)\s+(?P<noun>[\w' -]+?),\s*(?P<one>[^,]+?)\s+or\s+(?P<other>[^,]+?),\s*(?P<rest>.+)$",
    re.IGNORECASE,
)
_OR_BARE = re.compile(
    r"^(?:[Ww]hich|[Ww]ho)\s+(?P<rest>(?:is|was|are|were|has|lived)\s+[a-z ]+?)"
    r"\s+(?P<one>[A-Z][^,]*?)\s+or\s+(?P<other>[A-Z][^,]*)$"
)


def split_english(text: str) -> list[str]:
    """The question's parts by the first rule that fits, or nothing."""
    text = text.rstrip("?!. ")
    return _clauses(text) or _compared(text) or _coordinated(text)


def _clauses(text: str) -> list[str]:
    parts: list[str] = []
    for sentence in (each.strip() for each in _STRONG.split(text)):
        clause = _CONNECTIVE.sub("", sentence) if parts else sentence
        if not clause:
            continue
        if parts and not _START.match(clause):
            return []  # it says something about the question before, so all is one
        found = _cut(clause)
        parts.extend(_with_antecedent(each, [*parts, *found[:place]]) for place, each in enumerate(found))
    return parts if len(parts) > 1 and _OPENING.match(parts[0]) else []


def _cut(sentence: str) -> list[str]:
    """Cut before each "and" that a new question follows."""
    start = 0
    pieces: list[str] = []
    for found in _AND.finditer(sentence):
        piece, rest = sentence[start : found.start()], sentence[found.end() :]
        comma = found[0].startswith(",")
        asks = _START.match(rest) or (comma and _LOOSE_START.match(rest))
        if not (asks and _OPENING.match(piece) and len(piece.split()) > 2 < len(rest.split())):
            continue
        inverted = re.match(_AUXILIARY + r"\b", rest, re.IGNORECASE)
        if inverted and re.search(r"\s(?:that|who|which|whose)\s", piece):
            continue  # "the song that won and was the first": still about the song
        if not comma and piece.split()[0].lower() == rest.split()[0].lower() == "who":
            continue  # "Who wrote it and who died": one person
        pieces.append(piece)
        start = found.end()
    return [*pieces, sentence[start:]]


def _with_antecedent(clause: str, before: list[str]) -> str:
    found = _IT.search(clause) if before else None
    if found is None or _EMPTY_IT.search(clause):
        return clause
    antecedent = _antecedent(before[0])
    return f"{clause[: found.start()]}{antecedent}{clause[found.end() :]}" if antecedent else clause


def _antecedent(clause: str) -> str:
    """What "it" stands for: the last name in the clause, else its last noun with an article."""
    words = clause.split()
    for end in range(len(words), 1, -1):
        if _NAME.match(words[end - 1]) and words[end - 1] != "I":
            return " ".join(words[_name_start(words, end) : end])
    found = list(
        re.finditer(r"\b(?:the|my|our|this|an?)\s+\w+(?:\s+\w+)?$|\b(?:the|my|our|this|an?)\s+\w+", clause)
    )
    return found[-1][0] if found else ""


def _compared(text: str) -> list[str]:
    if (found := _BETWEEN.search(text)) and (found["first"] or _OPENING.match(text)):
        one, other = found["one"] or found["first"], found["other"] or found["second"]
        what = f"{found['what']} " if found["what"] else ""
        return [f"{what}{each}" for each in (one, other)]
    if found := _OR_INSIDE.match(text) or _OR.match(text) or _OR_BARE.match(text):
        noun = found.groupdict().get("noun")
        rest = f"{noun} {found['rest']}" if noun else found["rest"]
        return [f"{found[name]} {rest}" for name in ("one", "other")]
    if found := _THAN.match(text):
        if not _NAME.match(found["other"]) and not re.match(_DETERMINER, found["one"], re.IGNORECASE):
            return []
        rest = found["rest"] or ""
        if not rest and not found["aux"].lower().startswith("how"):
            return []
        return [f"{found['aux']} {found[name]}{rest}" for name in ("one", "other")]
    return []


def _coordinated(text: str) -> list[str]:
    if _SHARED.search(text) is None or not _OPENING.match(text):
        return []
    words = text.split()
    for place, word in enumerate(words):
        if word.lower() != "and" or not 0 < place < len(words) - 1:
            continue
        if span := _conjuncts(words, place):
            first, last = span
            named = [" ".join(words[first:place]).rstrip(","), " ".join(words[place + 1 : last])]
            before, after = _unshared(words[:first]), _unshared(words[last:])
            return [" ".join([*before, *re.split(r",\s+", name)[:1], *after]) for name in _items(named)]
    return []


def _items(named: list[str]) -> list[str]:
    return [*(each for each in re.split(r",\s+", named[0]) if each), named[1].rstrip(",")]


def _unshared(words: list[str]) -> list[str]:
    return [each for each in words if each.lower().rstrip(",") not in _DISTRIBUTING]


def _conjuncts(words: list[str], place: int) -> tuple[int, int] | None:
    """Where the names around an "and" begin and end; what has no capital letter needs an article."""
    first, last = _name_start(words, place), _name_end(words, place + 1)
    while first >= 1 and words[first - 1].endswith(",") and _NAME.match(words[first - 1]):
        first = _name_start(words, first)  # a list of three
    if first < place and last > place + 1:
        before = " ".join(words[:first])
        found = _SHARED.search(" ".join([before, "|", *words[last:]]))
        plain = found is None or found[0].lower() in _DISTRIBUTING
        if not plain and not _SUBJECT_NEXT.search(before):
            return None  # "if X and Y have the same size": not what is asked about
        return (first, last) if found else None
    return _plain(words, place)


def _plain(words: list[str], place: int) -> tuple[int, int] | None:
    first = place
    while first > 0 and not _STOP.match(words[first - 1]):
        first -= 1
    length = place - first
    last = min(place + 1 + length, len(words))
    with_articles = all(re.fullmatch(_DETERMINER, words[at], re.IGNORECASE) for at in (first, place + 1))
    after = " ".join(words[last:])
    if (
        length < 2
        or not with_articles
        or not re.search(r"\b(?:both|each|respectively)\b", f"{' '.join(words[:first])} {after}")
    ):
        return None
    return first, last


def _name_start(words: list[str], end: int) -> int:
    """Where the name begins that ends before ``end``, with its article; ``end`` where there is none."""
    start = end
    while start > 1 and (
        _is_name(words[start - 1], start - 1)
        or (start < end and words[start - 1] in _INNER and _is_name(words[start - 2], start - 2))
    ):
        if start < end and words[start - 1].endswith(","):
            break
        start -= 1
    if start < end and start > 0 and re.fullmatch(_DETERMINER, words[start - 1], re.IGNORECASE):
        start -= 1
    return start


def _name_end(words: list[str], start: int) -> int:
    end = start
    if end < len(words) and re.fullmatch(_DETERMINER, words[end], re.IGNORECASE):
        end += 1
    first = end
    while end < len(words) and (
        _is_name(words[end], end)
        or (
            end > first
            and words[end] in _INNER
            and any(_is_name(each, end) for each in words[end + 1 : end + 2])
        )
        or (
            end > first
            and words[end : end + 2] == ["of", "the"]
            and any(_is_name(each, end) for each in words[end + 2 : end + 3])
        )
    ):
        end += 1
        if words[end - 1].endswith(","):
            break
    return end if end > first else start


def _is_name(word: str, at: int) -> bool:
    return at > 0 and _NAME.match(word) is not None and word != "I"
