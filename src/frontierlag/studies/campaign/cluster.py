"""Tasks on a Dask cluster that the user starts.

Two commands start one: ``dask scheduler`` on one machine, and on each machine that is to work

    dask worker tcp://SCHEDULER:8786 --nworkers 2 --nthreads 1

with as many workers as cores. A worker runs one task at a time, because compiling a model is not
safe in threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import distributed
from distributed.scheduler import KilledWorker

from frontierlag.errors import FitError

# Tasks that the cluster holds at a time for each worker: enough that none waits for the next, few
# enough that those which need the same compiled model stay together.
AHEAD = 3
CONNECT_SECONDS = 10
# Its functions have no types.
dask: Any = distributed


def run_on_cluster(
    call: Callable[[Any], Any],
    items: Sequence[Any],
    address: str,
    patience: int,
    given_up: Callable[[Any], Any],
) -> Iterator[Any]:
    """Results of ``call`` on each item, as they come.

    Tasks of a worker that is killed go to another. A task that the cluster gives up, because
    workers died under it again and again, is handed in anew up to ``patience`` times; then
    ``given_up`` says what it gave, unless no task of the campaign has ever finished.

    Raises
    ------
    FitError
        If the scheduler cannot be reached, has no workers, has workers with several threads, or
        loses a task ``patience`` times before any finished.
    """
    try:
        client = dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FitError(
            f"there is no Dask scheduler at {address} ({error}); start one with `dask scheduler` "
            "and workers with `dask worker tcp://HOST:8786 --nworkers 2 --nthreads 1`"
        ) from None
    with client:
        workers = _workers(client, address)
        waiting = list(reversed(items))
        lost: Counter[str] = Counter()
        any_finished = False
        what: dict[str, Any] = {}

        def submit(item: Any) -> Any:
            future = client.submit(call, item, pure=False)
            what[future.key] = item
            return future

        pending = dask.as_completed(
            [submit(waiting.pop()) for _ in range(min(len(waiting), AHEAD * workers))],
            loop=client.loop,
        )
        for future in pending:
            item = what.pop(future.key)
            try:
                result = future.result()
                any_finished = True
            except KilledWorker as error:
                lost[item.key] += 1
                if lost[item.key] < patience:
                    pending.add(submit(item))
                    continue
                if not any_finished:
                    raise FitError(
                        f"workers died under {item.key} again and again; what is finished is "
                        f"kept: {error}"
                    ) from None
                result = given_up(item)
            yield result
            if waiting:
                pending.add(submit(waiting.pop()))


def _workers(client: Any, address: str) -> int:
    """How many workers there are, each with one thread."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        raise FitError(
            f"the scheduler at {address} has no workers; start some with "
            f"`dask worker {address} --nworkers 2 --nthreads 1`"
        ) from None
    threads = list(client.nthreads().values())
    if max(threads) > 1:
        raise FitError(
            f"a worker of {address} has {max(threads)} threads, and models cannot be compiled in "
            "threads; start workers with --nthreads 1"
        )
    return len(threads)
