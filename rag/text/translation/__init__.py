"""What a question's words are in the other language, by a dictionary and a glossary."""

from rag.text.translation.dictionary import Dictionary, open_dictionary
from rag.text.translation.terms import TermGroup, translate_terms

__all__ = ["Dictionary", "TermGroup", "open_dictionary", "translate_terms"]
