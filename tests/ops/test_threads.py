"""Whatever the number of threads, every output is worked on exactly once, and before the caller goes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tinycnn.errors import TinycnnError
from tinycnn.ops.kernels.machine import threads


@pytest.fixture(autouse=True)
def keep_num_threads() -> Iterator[None]:
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def count(start: int, stop: int, visits: np.ndarray) -> None:
    visits[start:stop] += 1


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

    def slow(start: int, stop: int) -> None:
        time.sleep(0.002 if threading.current_thread() is threading.main_thread() else 0.05)
        count(start, stop, visits)

    for _ in range(3):
        visits[:] = 0
        threads.run(slow, len(visits))
        np.testing.assert_array_equal(visits, 1)


def test_ranges_are_shared_out_and_of_about_one_size() -> None:
    threads.set_num_threads(2)
    found: list[tuple[int, int]] = []
    threads.run(lambda start, stop: found.append((start, stop)), 83)
    assert len(found) == 8
    assert {stop - start for start, stop in found} == {10, 11}


def most_at_work() -> int:
    """Threads that share a run; of many runs, as a helper that has just done its work may be late for one."""
    numbers = []
    for _ in range(20):
        at_work: set[threading.Thread] = set()

        def join(start: int, stop: int, at_work: set[threading.Thread] = at_work) -> None:
            at_work.add(threading.current_thread())
            time.sleep(0.002)

        threads.run(join, 36)
        numbers.append(len(at_work))
    return max(numbers)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_as_many_threads_work_as_are_asked_for_and_not_one_more(number: int) -> None:
    threads.set_num_threads(number)
    assert most_at_work() == number


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("number", [2, 3])
def test_a_forked_child_starts_as_many_helpers_as_it_needs_and_no_more(number: int) -> None:
    threads.set_num_threads(number)
    threads.run(count, 100, np.zeros(100, int))
    child = os.fork()
    if child == 0:
        before = threading.active_count()
        right = most_at_work() == number and threading.active_count() - before == number - 1
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_range_is_not_smaller_than_what_is_worth_it() -> None:
    threads.set_num_threads(4)
    found: list[int] = []
    threads.run(lambda start, stop: found.append(stop - start), 50, least=20)
    assert sorted(found) == [25, 25]


def test_one_range_is_worked_on_by_the_caller_itself() -> None:
    threads.set_num_threads(4)
    found: list[threading.Thread] = []
    threads.run(lambda start, stop: found.append(threading.current_thread()), 5, least=3)
    assert found == [threading.current_thread()]


def test_callers_at_once_do_not_take_each_others_helpers() -> None:
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


def test_an_error_is_raised_where_the_kernel_was_called_and_the_helpers_live_on() -> None:
    threads.set_num_threads(2)

    def fail(start: int, stop: int) -> None:
        raise ValueError("from a range")

    for _ in range(3):
        with pytest.raises(ValueError, match="from a range"):
            threads.run(fail, 8)
    visits = np.zeros(40, int)
    threads.run(count, 40, visits)
    np.testing.assert_array_equal(visits, 1)


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


def test_a_thread_begins_at_its_own_share_and_then_helps_the_others() -> None:
    found: list[int] = []
    job = threads._Job(lambda start, stop: found.append(start), length=80, ranges=8, shares=2, args=())
    next(job.joined)  # another thread has the first share
    job.work()
    assert found == [40, 50, 60, 70, 0, 10, 20, 30]


def test_helpers_work_under_the_callers_errstate() -> None:
    seen: list[str] = []
    job = threads._Job(lambda start, stop: seen.append(np.geterr()["over"]), 4, ranges=4, shares=1, args=())
    with np.errstate(over="ignore"):
        threads._Helper().start(job)
    assert job.done.acquire(timeout=60)
    assert seen == ["ignore"] * 4
