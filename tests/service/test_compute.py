"""Results are computed beside the event loop: side by side where that is safe, and never more than can wait."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import asking
from deepcuts.web.problems import ProblemError
from deepcuts.web.server.compute import Compute, Ended
from serving_help import USER, small_model, spawned, wait_until_ready
from waiting import PATIENCE


@pytest.fixture
def compute():
    compute = Compute(n_threads=2, waiting=1)
    compute.start()
    yield compute
    compute.stop()


def test_two_compute_at_a_time_from_the_first_on(compute):
    meeting = threading.Barrier(2)

    async def meet() -> bool:
        def wait() -> bool:
            try:
                return meeting.wait(PATIENCE) >= 0
            except threading.BrokenBarrierError:
                return False

        return all(await asyncio.gather(compute.run(wait), compute.run(wait)))

    assert asyncio.run(meet())


def test_those_beyond_the_line_are_refused(compute):
    going_on = threading.Event()

    async def ask() -> list[object]:
        waiting = [asyncio.create_task(compute.run(going_on.wait)) for _ in range(5)]
        await asyncio.sleep(0.05)
        going_on.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = asyncio.run(ask())
    assert results[:3] == [True] * 3
    assert all(isinstance(refused, ProblemError) for refused in results[3:])
    assert results[4].problem.status == 503
    assert results[4].problem.headers["Retry-After"] == "1"
    assert compute.n_under_way == 0


def test_the_event_loop_goes_on(compute):
    went_on = threading.Event()

    async def ask() -> bool:
        work = asyncio.create_task(compute.run(lambda: went_on.wait(PATIENCE)))  # computes until the loop has turned
        await asyncio.sleep(0.01)
        went_on.set()
        return await work

    assert asyncio.run(ask())


def test_what_nobody_waits_for_any_more_does_not_keep_a_service_from_ending():
    compute, begun = Compute(n_threads=1, waiting=1), threading.Event()
    compute.start()

    def compile_for_ever() -> None:
        begun.set()
        while True:
            with contextlib.suppress(Exception):  # as code does that takes every failure for a miss
                time.sleep(0.01)

    async def give_up() -> None:
        work = asyncio.create_task(compute.run(compile_for_ever))
        await asyncio.to_thread(begun.wait)
        work.cancel()
        await asyncio.to_thread(compute.stop)

    asyncio.run(asyncio.wait_for(give_up(), PATIENCE))
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("compute")] == []


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["workqueue", "omp"])
def test_many_at_once_do_not_end_the_process(tmp_path, layer):
    path = tmp_path / "model.safetensors"
    small_model().save(path)
    history = dict.fromkeys(small_model().item_ids.values[:5].to_pylist(), 1.0)

    def ask(address: str) -> int:
        return asking.post(f"{address}/recommend", json={"history": history}).status_code

    with spawned(path, "--threads", "4", "--rate", "0", NUMBA_THREADING_LAYER=layer) as (process, address):
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, [address] * 100)) == {200}
        wait_until_ready(address)
        assert asking.post(f"{address}/recommend", json={"user": USER}).status_code == 200
        assert process.poll() is None


def test_the_end_is_not_printed_where_it_comes_in_a_callback_of_machine_code(capfd):
    """As in that of LLVM, which hands over what it has compiled: no exception gets out of it."""
    in_callback = threading.Event()

    @ctypes.CFUNCTYPE(None)
    def callback() -> None:
        in_callback.set()
        while True:
            time.sleep(0.01)

    def work() -> None:
        callback()
        while True:
            time.sleep(0.01)

    async def end_within_the_callback() -> None:
        compute = Compute(1, 1)
        compute.start()
        running = asyncio.ensure_future(compute.run(work))
        await asyncio.to_thread(in_callback.wait, PATIENCE)
        await asyncio.to_thread(compute.stop)
        with pytest.raises(Ended):
            await running

    asyncio.run(end_within_the_callback())
    assert capfd.readouterr().err == ""
