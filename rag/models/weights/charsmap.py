"""SentencePiece's precompiled normalization map, built from single-code-point rules.

``tokenizers.normalizers.Precompiled`` takes the form that SentencePiece stores: a double-array trie over
UTF-8 bytes (J. Aoe, "An efficient digital search algorithm by using a double-array structure", IEEE TSE
15(9), 1989, in the unit layout of darts-clone) whose values are offsets into a blob of NUL-terminated
replacements.
Generic normal forms won't do instead: the map differs from NFKC (control characters vanish, "～" stays).
"""

import struct
from collections.abc import Mapping

_LEAF = 1 << 8  # the unit's node has a value, at its base
_VALUE = 1 << 31  # marks a value; also keeps a unit from matching any byte
_BLOCK = 256
_MAX_OFFSET = 1 << 21

_Node = dict[int, "_Node | int"]  # byte -> child; the last byte of a character -> its value


def build_charsmap(rules: Mapping[str, str]) -> bytes:
    """The precompiled map that replaces each key, one character, by its value, any string without NUL.

    Raises:
        ValueError: a key isn't one character, or a value holds NUL, or there are too many rules.
    """
    blob = bytearray()
    offsets: dict[str, int] = {}
    root: _Node = {}
    for character, replacement in rules.items():
        if len(character) != 1 or character == "\0" or "\0" in replacement:
            raise ValueError(f"not a rule for a precompiled map: {character!r} → {replacement!r}")
        if replacement not in offsets:
            offsets[replacement] = len(blob)
            blob += replacement.encode() + b"\0"
        *leading, last = character.encode()
        node = root
        for byte in leading:
            child = node.setdefault(byte, {})
            assert isinstance(child, dict)  # no character's UTF-8 is the beginning of another's
            node = child
        node[last] = offsets[replacement]
    units = _double_array(root)
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + bytes(blob)


def _double_array(root: _Node) -> list[int]:
    """Lay the trie out: a block of 256 units for each inner node, then the values, one unit each.

    A child stands at its parent's base XOR its byte. Blocks that aren't shared waste some space and save the
    search for bases that fit into each other.
    """
    inner = [(0, root)]  # where the node stands, the node
    for number, (_, node) in enumerate(inner, start=1):
        inner.extend(
            (number * _BLOCK ^ byte, child) for byte, child in node.items() if isinstance(child, dict)
        )
    units = [_VALUE] * ((len(inner) + 1) * _BLOCK)
    units[0] = 0
    values: list[int] = []
    end = len(units)
    for number, (position, node) in enumerate(inner, start=1):
        units[position] = _label(position) | _offset(position, number * _BLOCK)
        for byte, child in node.items():
            if isinstance(child, int):
                place = number * _BLOCK ^ byte
                units[place] = byte | _LEAF | _offset(place, end + len(values))
                values.append(_VALUE | child)
    return units + values + [_VALUE] * (-len(values) % _BLOCK)


def _label(position: int) -> int:
    return position % _BLOCK  # bases are multiples of the block size, so the byte is what's left


def _offset(position: int, base: int) -> int:
    if position ^ base >= _MAX_OFFSET:
        raise ValueError("too many rules for a precompiled map")
    return (position ^ base) << 10
