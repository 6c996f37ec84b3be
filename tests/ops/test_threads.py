"""Whatever the number of threads, every output is worked on exactly once, and before the caller goes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numba import config

from tinycnn.errors import TinycnnError
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.shared import add, address_of, offer, peek, rest

compiled = pytest.mark.skipif(
    config.DISABLE_JIT,  # type: ignore[attr-defined]
    reason="without a compiler there are no helpers",
)


@pytest.fixture(autouse=True)
def keep_num_threads() -> Iterator[None]:
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


@jit
def count(start, stop, visits):  # type: ignore[no-untyped-def]
    for i in range(start, stop):
        visits[i] += 1


@jit
def note(start, stop, sizes):  # type: ignore[no-untyped-def]
    sizes[start] = stop - start


@jit
def linger(start, stop, visits, steps):  # type: ignore[no-untyped-def]
    """The last output takes longest."""
    for i in range(start, stop):
        number = 1.0
        for _ in range(steps if i == visits.size - 1 else 1):
            number = number * 0.5 + 1
        visits[i] += number > 1


@jit
def meet(start, stop, here, number):  # type: ignore[no-untyped-def]
    """Wait until so many threads are here, for some seconds at most."""
    add(here, 0, 1)
    looks = 0
    while peek(here, 0) < number and looks < 20_000_000:
        looks += 1
        rest()


@jit
def fail(start, stop, lengths):  # type: ignore[no-untyped-def]
    for i in range(start, stop):
        lengths[i] = np.empty(lengths[i], np.float32).size


@pytest.mark.parametrize("number", [1, 2, 3, 8])
@pytest.mark.parametrize("length", [0, 1, 2, 7, 8, 33, 1000])
@pytest.mark.parametrize("least", [1, 5, 2000])
def test_every_output_is_worked_on_once(number: int, length: int, least: int) -> None:
    threads.set_num_threads(number)
    for _ in range(5):
        visits = np.zeros(length, int)
        threads.run(count, length, visits, least=least)
        np.testing.assert_array_equal(visits, 1)


def test_the_caller_waits_for_the_slowest_range() -> None:
    threads.set_num_threads(3)
    visits = np.zeros(12, int)
    for round_ in range(1, 4):
        threads.run(linger, len(visits), visits, 10_000_000)
        np.testing.assert_array_equal(visits, round_)


def test_ranges_are_shared_out_and_of_about_one_size() -> None:
    threads.set_num_threads(2)
    sizes = np.zeros(83, int)
    threads.run(note, 83, sizes)
    found = sizes[sizes > 0]
    assert found.size == 8
    assert set(found) == {10, 11}
    assert found.sum() == 83


@compiled
@pytest.mark.parametrize("number", [2, 3])
def test_as_many_threads_work_as_are_asked_for_and_not_one_more(number: int) -> None:
    threads.set_num_threads(number)
    here = np.zeros(1, int)
    threads.run(meet, number, here, number)  # ends soon only if each range has a thread of its own
    before = len(threads._free[0].helpers)
    assert before >= number - 1
    threads.set_num_threads(2)
    threads.run(count, 100, np.zeros(100, int))
    assert len(threads._free[0].helpers) == before


@compiled
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("number", [2, 3])
def test_a_forked_child_starts_as_many_helpers_as_it_needs_and_no_more(number: int) -> None:
    threads.set_num_threads(number)
    threads.run(meet, number, np.zeros(1, int), number)
    child = os.fork()
    if child == 0:
        before = threading.active_count()
        threads.run(meet, number, np.zeros(1, int), number)
        os._exit(0 if threading.active_count() - before == number - 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_range_is_not_smaller_than_what_is_worth_it() -> None:
    threads.set_num_threads(4)
    sizes = np.zeros(50, int)
    threads.run(note, 50, sizes, least=20)
    assert list(sizes[sizes > 0]) == [25, 25]


def test_one_range_is_worked_on_by_the_caller_itself() -> None:
    threads.set_num_threads(4)
    found: list[threading.Thread] = []
    threads.run(lambda start, stop: found.append(threading.current_thread()), 5, least=3)
    assert found == [threading.current_thread()]


def test_callers_at_once_do_not_disturb_each_other() -> None:
    threads.set_num_threads(3)
    all_visits = [np.zeros(500, int) for _ in range(8)]

    def call(visits: np.ndarray) -> None:
        for _ in range(20):
            threads.run(count, len(visits), visits)

    callers = [threading.Thread(target=call, args=(visits,)) for visits in all_visits]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
    assert not any(caller.is_alive() for caller in callers)
    for visits in all_visits:
        np.testing.assert_array_equal(visits, 20)


@compiled
def test_memory_that_runs_out_is_an_error_where_the_kernel_was_called_and_the_helpers_live_on() -> None:
    threads.set_num_threads(2)
    for _ in range(3):
        with pytest.raises(MemoryError, match="fail found no memory for what it works with"):
            threads.run(fail, 8, np.full(8, 1 << 60))
    test_ranges_are_shared_out_and_of_about_one_size()


@compiled
def test_helpers_that_fell_asleep_are_woken() -> None:
    threads.set_num_threads(2)
    for _ in range(3):
        threads.run(meet, 2, np.zeros(1, int), 2)
        deadline = time.monotonic() + 60
        while not threads._free[0].helpers[0].asleep and time.monotonic() < deadline:
            time.sleep(0.001)
        assert threads._free[0].helpers[0].asleep


@pytest.mark.parametrize("number", [0, -1, 2.5, 2.0, True, np.float64(2), np.True_, "2", None, 1025, 10**30])
def test_what_is_no_number_of_threads_is_refused_and_changes_nothing(number: Any) -> None:
    before = threads.get_num_threads()
    with pytest.raises(TinycnnError, match=r"a whole number from 1 to 1,024, got ") as refused:
        threads.set_num_threads(number)
    assert repr(number) in str(refused.value)
    assert threads.get_num_threads() == before


def test_a_number_of_threads_may_be_numpys() -> None:
    threads.set_num_threads(np.int64(2))  # type: ignore[arg-type]
    assert type(threads.get_num_threads()) is int


@jit
def list_starts(start, stop, found):  # type: ignore[no-untyped-def]
    found[add(found, 0, 1)] = start


@compiled
def test_a_thread_begins_at_its_own_share_and_then_helps_the_others() -> None:
    found = np.ones(9, int)
    given = (found,)
    board = threads._Team().board  # nobody else looks at it
    threads._launch(board, address_of(list_starts, given), 80, 8, 2, given)
    assert list(found[1:]) == [0, 10, 20, 30, 40, 50, 60, 70]
    found[0] = 1
    own = threads._TAKEN + threads._LINE
    board[[threads._TAKEN, own, threads._DONE]] = 0, 4, 0
    assert list_again(board, address_of(list_starts, given), given) == 0
    assert list(found[1:]) == [40, 50, 60, 70, 0, 10, 20, 30]


@jit
def list_again(board, address, given):  # type: ignore[no-untyped-def]
    """As the second thread does it."""
    board[threads._JOB], board[threads._NEEDS] = offer(address, given)
    threads._work(board, 1)
    return board[threads._FAILED]
