"""Reading a knowledge base in tests: all of it, one question at a time."""

from typing import Any, cast

from rag.filter import EVERYTHING, Roots
from rag.knowledge_base import KnowledgeBase, Snapshot


def seen(knowledge_base: KnowledgeBase, roots: Roots = EVERYTHING) -> Snapshot:
    """What may be seen of it, as if it were one snapshot; each question is asked of a new one."""
    return cast(Snapshot, _Seen(knowledge_base, roots))


class _Seen:
    def __init__(self, knowledge_base: KnowledgeBase, roots: Roots) -> None:
        self._view = knowledge_base.view(roots)

    def __getattr__(self, name: str) -> Any:
        with self._view.snapshot() as snapshot:
            value = getattr(snapshot, name)
        if not callable(value):
            return value

        def ask(*arguments: Any, **options: Any) -> Any:
            with self._view.snapshot() as snapshot:
                return getattr(snapshot, name)(*arguments, **options)

        return ask
