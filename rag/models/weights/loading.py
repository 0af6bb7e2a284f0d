"""Loading a model from a folder without showing how that is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Without the progress bar that transformers draws for the seconds that loading takes."""
    from transformers.utils import logging

    switch: Any = logging  # its functions have no annotations
    shown = switch.is_progress_bar_enabled()
    switch.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            switch.enable_progress_bar()
