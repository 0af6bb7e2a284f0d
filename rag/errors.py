"""The errors Wenju raises on purpose.

A message names the thing, the cause and the next command to run. The command line shows it as one line on
standard error and exits with 1 (`rag.command_line`); the page shows it in its place. Elsewhere it is caught
only where one piece of work may fail and the others go on: a question of a batch, a batch of texts to embed.
"""


class RagError(Exception):
    """Base of every error that Wenju raises on purpose."""


class ConfigError(RagError):
    """A setting, a flag or an argument is wrong."""


class IngestError(RagError):
    """A folder or a file can't be ingested."""


class KnowledgeBaseError(RagError):
    """A knowledge base can't do what is asked."""


class KnowledgeBaseNotFound(KnowledgeBaseError):
    """There is no knowledge base at the path."""


class KnowledgeBaseMismatch(KnowledgeBaseError):
    """The knowledge base was made by another embedder or another version of the program."""


class KnowledgeBaseCorrupt(KnowledgeBaseError):
    """The catalogue, which is the truth, can't be read."""


class KnowledgeBaseBusy(KnowledgeBaseError):
    """Another process is writing to the knowledge base."""


class WeightsError(RagError):
    """A model is missing, incomplete or not what it claims to be."""


class GenerationError(RagError):
    """The generator can't answer."""


class BenchmarkFileError(RagError):
    """A question can't be saved in a file of benchmark questions."""


class EvalError(RagError):
    """An evaluation can't be run."""


class TrainingError(RagError):
    """A model can't be trained, or a number fitted."""


def first_line(error: Exception) -> str:
    """The first line of an error's message, which is all that a message of ours quotes."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
