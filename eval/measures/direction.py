"""Which way a measure is good."""

# Of all others, more is better.
LESS_IS_BETTER = frozenset(
    {"false_answers", "false_refusals", "direct_false", "followed_documents", "length", "aurc", "ece"}
)
