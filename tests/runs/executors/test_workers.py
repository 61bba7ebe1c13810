"""What all executors share. Oracle: what the functions return when they are called."""

from __future__ import annotations

import pytest

from swref.kernels.threads import get_num_threads, set_num_threads
from swref.runs.executors.workers import Here, one_thread, sendable


def test_a_call_here_is_done_when_it_is_submitted():
    assert Here().submit(divmod, 7, 2).result() == (3, 1)
    assert Here().shared(b"x") == b"x"
    with pytest.raises(ZeroDivisionError):
        Here().submit(divmod, 1, 0).result()


def test_an_error_that_can_be_sent_stays_what_it_is():
    error = ValueError("bad")
    assert sendable(error) is error


def test_one_thread_gives_the_number_back():
    before = get_num_threads()
    set_num_threads(3)
    try:
        with one_thread():
            assert get_num_threads() == 1
        assert get_num_threads() == 3
    finally:
        set_num_threads(before)
