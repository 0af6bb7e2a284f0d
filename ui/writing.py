"""An answer that is being written in the background, can be watched, and can be stopped."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

from rag.answer import Answer, Drafting, Event, Final, Found, Standing
from rag.errors import RagError

logger = logging.getLogger(__name__)

_ABANDONED_SECONDS = 10.0  # longer than a page in the background takes to ask how far it is


class Writing:
    """Follows what happens while a question is answered in a thread, so that the page can be redrawn.

    ``stop`` returns at once. The thread closes the events after the one it is waiting for, which is what
    tells the generator to stop working. A writing that nobody waits for any more stops by itself. Once the
    answer is there, it is finished, and nothing stops it any more.
    """

    def __init__(self, open_events: Callable[[], Iterator[Event]]) -> None:
        self.latest: Answer | None = None  # replaced, never changed, so reading it needs no lock
        self.standing: Standing | None = None
        self.checking = False  # nothing more is being written for now
        self.error: RagError | None = None
        self.crashed = False  # by an error that isn't Wenju's own; it is in the log
        self._open_events = open_events
        self._stopping = threading.Event()
        self._finished = threading.Event()
        # What is stopped takes no more events, and what is finished isn't stopped.
        self._lock = threading.Lock()
        self._watched = time.monotonic()
        threading.Thread(target=self._run, name="writing", daemon=True).start()

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self._finished.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before it was complete."""
        return self._stopping.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until the writing is finished, at most so long; returns whether it is."""
        self._watched = time.monotonic()
        return self._finished.wait(seconds)

    def stop(self) -> None:
        """Ask the writing to end; ``latest`` stays what it was last."""
        with self._lock:
            if not self._finished.is_set():
                self._stopping.set()

    def _run(self) -> None:
        try:
            events = self._open_events()
            try:
                for event in events:
                    if time.monotonic() - self._watched > _ABANDONED_SECONDS:
                        self.stop()
                    if not self._take(event):
                        break
            finally:
                if isinstance(events, Generator):
                    events.close()
        except RagError as error:
            self.error = error
        except Exception:
            logger.exception("answering failed unexpectedly")
            self.crashed = True
        finally:
            self._finished.set()

    def _take(self, event: Event) -> bool:
        """Take an event in, unless it was stopped; returns whether more may come."""
        with self._lock:
            if self._stopping.is_set():
                return False
            match event:
                case Found(answer, standing):
                    self.latest, self.standing = answer, standing
                case Final(answer):
                    self.latest = answer
                    self._finished.set()
                case Drafting(text, complete) if self.latest is not None:
                    self.latest = replace(self.latest, text=text)
                    self.checking = complete
            return not self._finished.is_set()
