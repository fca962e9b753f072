"""Many tasks: one function over many items, serially, on the cores of a machine, or on a cluster.

A task is a pure function of an item and a seed, and the seed follows from the item's index alone:
``numpy.random.SeedSequence(entropy, spawn_key=(index,))``. So it does not matter where a task runs,
in what order tasks finish, or how often one has to be run again. What is finished is kept.

The user starts a Dask cluster with ``dask scheduler`` on one machine, and on each that is to work

    dask worker tcp://SCHEDULER:8786 --nworkers 2 --nthreads 1

with as many workers as cores. A worker runs one task at a time, because compiling a model is not
safe in threads.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import threadpoolctl
from joblib.externals.loky.process_executor import TerminatedWorkerError

from frontierlag.errors import FitError, Interrupted, OutputError
from frontierlag.machine.program import digest_behind
from frontierlag.machine.progress import FROM_STORE

# Returns something that JSON can keep.
Task = Callable[[Any, np.random.SeedSequence], Any]

# How often a pool of processes is started again after one of them was killed, or a cluster given a
# task again after losing it, without a single task finished in between.
PATIENCE = 3
# Tasks that a cluster holds at a time for each worker: enough that none waits for the next, few
# enough that those which need the same compiled model stay together.
AHEAD = 3
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class CampaignTask:
    """One task's input: its unique key, the index that its seed follows from, and what to do."""

    key: str
    index: int
    payload: Any


@dataclass(frozen=True)
class Done:
    """A finished task: its key, the entropy and index of its random numbers, and what it returned.

    ``value`` is JSON, None if it failed; ``error`` says what went wrong. ``seconds`` is the only
    thing here that differs from run to run.
    """

    key: str
    seed: tuple[int, int]
    value: Any
    error: str | None
    seconds: float


class Store:
    """Finished tasks of one campaign in one file of JSON lines, made when the first is finished.

    Each line is written whole and flushed to disk before the next. A line that a killed program
    left unfinished is dropped when the file is read.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> dict[str, Done]:
        """Finished tasks by key; of one that was finished twice the last."""
        found: dict[str, Done] = {}
        if not self.file.exists():
            return found
        for line in self.file.read_bytes().split(b"\n")[:-1]:
            try:
                kept = json.loads(line)
            except ValueError:
                continue
            found[kept["key"]] = Done(**kept | {"seed": tuple(kept["seed"])})
        return found

    def add(self, done: Done) -> None:
        """Append a finished task.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        line = json.dumps(asdict(done)).encode() + b"\n"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with open(self.file, "a+b", buffering=0) as stream:
                if stream.tell():
                    stream.seek(-1, os.SEEK_END)
                    if stream.read(1) != b"\n":  # of a program that was killed while it wrote
                        line = b"\n" + line
                # One write of one line, so that two programs on one store never mix theirs.
                stream.write(line)
                os.fsync(stream.fileno())
        except OSError as error:
            raise OutputError(
                f"cannot keep finished tasks in {self.file}: {error.strerror}; choose another "
                "folder with --store"
            ) from None


def campaign_store(
    folder: Path, name: str, task: Callable[..., Any], settings: Iterable[object]
) -> Store:
    """Return the store of a campaign: the same as long as its settings and its program are.

    ``settings`` are everything that tasks of a key depend on, with a ``repr`` that says it whole;
    the name of the campaign is in the file's.
    """
    text = "\n".join([digest_behind(task), *(repr(setting) for setting in settings)])
    return Store(folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.jsonl")


def run_tasks(
    task: Task,
    items: Sequence[CampaignTask],
    store: Store,
    *,
    entropy: int,
    jobs: int = 1,
    scheduler: str | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> dict[str, Done]:
    """Run a task on every item that the store does not have yet.

    Parameters
    ----------
    task
        Importable by worker processes, or a ``functools.partial`` of such a function. It returns
        what JSON can keep.
    items
        With different keys. Those next to each other should need the same compiled model.
    store
        What is finished is added to it at once and is not run again. A failed task counts as
        finished, as its seed would only make it fail again; one that was interrupted does not.
    entropy
        The campaign's seed.
    jobs
        Processes on this machine, one thread each; 1 to run in this process.
    scheduler
        Address of a Dask scheduler, as in ``tcp://127.0.0.1:8786``; replaces ``jobs``.
    done
        Called with a word or two as each task finishes.

    Returns
    -------
    What every item gave, by key, in the order of the items.

    Raises
    ------
    FitError
        If workers were killed again and again without finishing any task, the cluster cannot be
        reached or does not fit, or a worker runs another version of the program.
    """
    keys = [item.key for item in items]
    if len(set(keys)) != len(keys):
        raise ValueError("items need different keys")
    found = store.read()
    wanted = {item.key: item for item in items if item.key not in found}
    for key in keys:
        if key in found:
            done(FROM_STORE)
    call = _Call(task, entropy, digest_behind(task))
    results: Iterable[Done] = map(call, wanted.values())
    if wanted and scheduler is not None:
        results = _on_cluster(call, list(wanted.values()), scheduler)
    elif wanted and jobs > 1:
        results = _in_processes(call, wanted, jobs)
    for finished in results:
        store.add(finished)
        found[finished.key] = finished
        done(finished.key if finished.error is None else f"{finished.key} failed")
    return {key: found[key] for key in keys}


@dataclass(frozen=True)
class _Call:
    """A task ready to run anywhere."""

    task: Task
    entropy: int
    digest: str

    def __call__(self, item: CampaignTask) -> Done:
        if digest_behind(self.task) != self.digest:
            raise FitError(
                "a worker runs another version of frontierlag, or of a package it calls, than "
                "this program; install the same on every machine and start the workers again"
            )
        began = time.perf_counter()
        value, error = None, None
        seed = np.random.SeedSequence(self.entropy, spawn_key=(item.index,))
        try:
            # Linear algebra in one thread wherever a task runs: how many there are would change
            # the last digits, and matrices this small are slower in several.
            with threadpoolctl.threadpool_limits(1):
                value = self.task(item.payload, seed)
        except Interrupted:
            raise  # the seed is not to blame: what was interrupted is not kept, and run again
        except Exception as problem:  # one failed fit is recorded and does not stop the rest
            error = f"{type(problem).__name__}: {problem}"
        seconds = time.perf_counter() - began
        return Done(item.key, (self.entropy, item.index), value, error, seconds)

    def killed(self, item: CampaignTask) -> Done:
        """What is kept of a task that killed every worker that ran it."""
        words = f"the process that ran it was killed {PATIENCE} times or more, alone too"
        return Done(item.key, (self.entropy, item.index), None, words, 0.0)


def _in_processes(call: _Call, wanted: Mapping[str, CampaignTask], jobs: int) -> Iterator[Done]:
    """Results as they come; after a worker was killed, the rest again in new processes.

    If workers are killed again and again without finishing a task, those that were running are
    tried one at a time, and one that kills its worker even so is recorded as failed.
    """
    left, fruitless, any_finished = dict(wanted), 0, False
    while left:
        try:
            for finished in _pool(call, list(left.values()), jobs):
                left.pop(finished.key)
                fruitless, any_finished = 0, True
                yield finished
        except TerminatedWorkerError:
            fruitless += 1
            if fruitless < PATIENCE:
                continue
            fruitless = 0
            deadly = []
            for item in list(left.values())[:jobs]:
                try:
                    (finished,) = _pool(call, [item], jobs)
                except TerminatedWorkerError:
                    deadly.append(item)
                    continue
                left.pop(item.key)
                any_finished = True
                yield finished
            if not any_finished:
                # No task can be told apart from a machine on which none runs.
                raise FitError(
                    f"worker processes were killed {PATIENCE} times without finishing a task, with "
                    f"{len(left)} left; what is finished is kept. If memory is short, run with "
                    "fewer --jobs."
                ) from None
            for item in deadly:
                left.pop(item.key)
                yield call.killed(item)


def _pool(call: _Call, items: Sequence[CampaignTask], jobs: int) -> Iterator[Done]:
    """Results of a pool of processes, in the order in which they finish."""
    with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1)
        yield from parallel(joblib.delayed(call)(item) for item in items)


def _on_cluster(call: _Call, items: Sequence[CampaignTask], address: str) -> Iterator[Done]:
    """Results as they come from a Dask cluster.

    Tasks of a worker that is killed go to another. A task that the cluster gives up, because
    workers died under it again and again, is handed in anew up to ``PATIENCE`` times, and then
    recorded as failed, unless no task of the campaign has ever finished.
    """
    import distributed  # takes a second, which no other command need wait for
    from distributed.scheduler import KilledWorker

    dask: Any = distributed  # its functions have no types
    try:
        client = dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FitError(
            f"there is no Dask scheduler at {address} ({error}); start one with `dask scheduler` "
            "and workers with `dask worker tcp://HOST:8786 --nworkers 2 --nthreads 1`"
        ) from None
    with client:
        most = AHEAD * _workers(client, address)
        waiting = iter(items)
        lost: Counter[str] = Counter()
        any_finished = False
        what: dict[str, CampaignTask] = {}

        def submit(item: CampaignTask) -> Any:
            future = client.submit(call, item, pure=False)
            what[future.key] = item
            return future

        begun = [submit(item) for _, item in zip(range(most), waiting, strict=False)]
        pending = dask.as_completed(begun, loop=client.loop)
        for future in pending:
            item = what.pop(future.key)
            try:
                result = future.result()
                any_finished = True
            except KilledWorker as error:
                lost[item.key] += 1
                if lost[item.key] < PATIENCE:
                    pending.add(submit(item))
                    continue
                if not any_finished:
                    raise FitError(
                        f"workers died under {item.key} again and again; what is finished is "
                        f"kept: {error}"
                    ) from None
                result = call.killed(item)
            yield result
            following = next(waiting, None)
            if following is not None:
                pending.add(submit(following))


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
