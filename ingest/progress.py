"""The progress of a run, on standard error."""

import sys
import time
from types import TracebackType

from tqdm import tqdm


class Progress:
    """A bar over documents that also tells the rate of passages. A context manager."""

    def __init__(self, documents: int, *, shown: bool) -> None:
        patience = 0.2 if sys.stderr.isatty() else 10.0  # a log file needs no animation
        self._bar = tqdm(
            total=documents,
            unit="document",
            file=sys.stderr,
            mininterval=patience,
            disable=not (shown and documents),
        )
        self._started = time.perf_counter()
        self._passages = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def add_documents(self, count: int) -> None:
        """Count documents that are done."""
        self._bar.update(count)

    def add_passages(self, count: int) -> None:
        """Count passages that were embedded."""
        self._passages += count
        rate = self._passages / max(1e-6, time.perf_counter() - self._started)
        self._bar.set_postfix_str(f"{self._passages} passages, {rate:.0f}/s", refresh=False)
        self._bar.update(0)
