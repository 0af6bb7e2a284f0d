"""What is measured, of each question first.

A measure gives a value for each question, or None where it says nothing of that question (no citation has no
precision). None is unmeasured: left out of a mean and of its count, never taken as 0. Whatever a system fails
to give does count as 0.
"""

LESS_IS_BETTER = frozenset(
    {"false_answers", "false_refusals", "direct_false", "followed_documents", "length", "aurc", "ece"}
)  # of all others, more is better
