"""Processes that die at any moment: each task ends, with its result or with how the worker died."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor
from queue import Empty

import numpy as np
import pytest

from tinycnn.errors import WeightFileError
from tinycnn.experiments.studies.pool import Pool


def _double(value: int) -> int:
    return 2 * value


def _refuse(value: int) -> None:
    raise ValueError(f"not {value}")


def _die(status: int) -> None:
    os._exit(status)


def _kill(number: int) -> None:
    os.kill(os.getpid(), number)


class _UnpicklableError(Exception):
    def __reduce__(self) -> str:
        raise TypeError("no")


def _fail(kind: str) -> None:
    if kind == "unpicklable":
        raise _UnpicklableError("what it says")
    raise WeightFileError("w.npz", "npz", "damaged")


def test_tasks_are_shared_and_their_errors_come_back() -> None:
    with Pool(2, 1) as pool:
        tasks = [pool.submit(_double, value) for value in range(20)]
        assert [task.result(60) for task in tasks] == list(range(0, 40, 2))
        with pytest.raises(ValueError, match="not 3"):
            pool.submit(_refuse, 3).result(60)
        with pytest.raises(Exception, match="pickle"):
            pool.submit(lambda: None).result(60)
        assert pool.submit(_double, 4).result(60) == 8


def test_errors_come_back_whole_or_in_words() -> None:
    with Pool(1, 1) as pool:
        with pytest.raises(WeightFileError) as found:
            pool.submit(_fail, "typed").result(60)
        assert str(found.value) == "w.npz: not a usable npz file: damaged"
        assert found.value.reason == "damaged"
        assert 'raise WeightFileError("w.npz"' in found.value.__notes__[0]
        with pytest.raises(RuntimeError, match="_UnpicklableError: what it says"):
            pool.submit(_fail, "unpicklable").result(60)


def test_a_signal_without_a_name_has_its_number() -> None:
    with Pool(1, 1) as pool, pytest.raises(BrokenExecutor, match=r"^a worker was killed by signal 40$"):
        pool.submit(_kill, 40).result(60)


def test_giving_up_waits_for_no_task_that_a_thread_takes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    with Pool(2, 1) as pool:
        taking = pool._tasks

        class Stolen:
            """Whatever seems to be there has just been taken."""

            put = staticmethod(taking.put)
            get = staticmethod(taking.get)

            @staticmethod
            def empty() -> bool:
                return False

            @staticmethod
            def get_nowait() -> object:
                raise Empty

        monkeypatch.setattr(pool, "_tasks", Stolen)
        giving_up = threading.Thread(target=pool._give_up, args=("for no reason",), daemon=True)
        giving_up.start()
        giving_up.join(20)
        assert not giving_up.is_alive()
        monkeypatch.undo()


def test_a_worker_that_ends_by_itself_fails_what_waits() -> None:
    with Pool(1, 1) as pool:
        tasks = [pool.submit(_die, 7), *(pool.submit(_double, value) for value in range(5))]
        for task in tasks:
            with pytest.raises(BrokenExecutor, match="ended with status 7"):
                task.result(60)
        with pytest.raises(BrokenExecutor, match="ended with status 7"):
            pool.submit(_double, 1)


@pytest.mark.parametrize("seed", range(12))
def test_a_worker_that_is_killed_at_any_moment_leaves_no_task_undone(seed: int) -> None:
    """From before it was given its first task until long after."""
    delay = float(np.random.default_rng(seed).uniform(0, 1.2))
    with Pool(2, 1) as pool:
        process, _ = pool._serving[seed % 2]
        assert process.pid
        killing = threading.Timer(delay, os.kill, (process.pid, signal.SIGKILL))
        killing.start()
        with pytest.raises(BrokenExecutor, match="killed by SIGKILL, perhaps for want of memory"):
            until = time.monotonic() + 60
            while time.monotonic() < until:
                for task in [pool.submit(_double, value) for value in range(50)]:
                    assert task.result(60) % 2 == 0
        killing.join()


def test_what_waits_when_the_pool_ends_is_told_so() -> None:
    with Pool(1, 1) as pool:
        tasks = [pool.submit(time.sleep, 600) for _ in range(3)]
    for task in tasks:
        with pytest.raises(BrokenExecutor):
            task.result(1)
    assert not any(process.is_alive() for process, _ in pool._serving)
