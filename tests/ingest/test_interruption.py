"""Ctrl-C waits for the end of a step."""

import os
import signal
import threading

import pytest

from ingest.pipeline import finishing


def _press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_within_a_step_stops_after_it() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), finishing():
        _press_ctrl_c()
        done.append("rest of the step")

    assert done == ["rest of the step"]
    with pytest.raises(KeyboardInterrupt):
        _press_ctrl_c()
        signal.sigwait([signal.SIGINT])  # never reached: the usual handler is back


def test_errors_of_the_step_come_through() -> None:
    with pytest.raises(ValueError, match="trouble"), finishing():
        raise ValueError("trouble")


def test_other_threads_may_use_it() -> None:
    done: list[bool] = []

    def step() -> None:
        with finishing():
            done.append(True)

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()

    assert done == [True]
