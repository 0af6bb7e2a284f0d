"""Files of many formats to blocks of text."""

from ingest.parsers.registry import KNOWN_SUFFIXES, parser_for, parser_name, why_unknown

__all__ = ["KNOWN_SUFFIXES", "parser_for", "parser_name", "why_unknown"]
