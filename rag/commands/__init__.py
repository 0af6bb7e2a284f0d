"""The commands of ``python -m rag``: functions of their options that print and return the exit status."""
