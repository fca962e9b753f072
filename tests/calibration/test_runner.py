"""Many tasks: the same results whichever way they run, and nothing lost on the way."""

from __future__ import annotations

import json
import os
import signal
from functools import partial

import numpy as np
import pytest

from frontierlag.errors import FitError, Interrupted
from frontierlag.machine.program import digest_behind, modules_behind
from frontierlag.studies.campaign import CampaignTask, Store, campaign_store, run_tasks

ITEMS = [CampaignTask(f"square of {n}", n, n) for n in range(12)]


def noisy_square(n, seed):
    return {"square": n * n, "noise": np.random.default_rng(seed).normal(size=2).tolist()}


def failing_at_three(n, seed):
    if n == 3:
        raise ValueError("three is too many")
    return n


def interrupted_at_three(n, seed):
    if n == 3:
        raise Interrupted("it was interrupted; run it again")
    return n


def dying_once(n, seed, folder):
    """Kill the process that runs task 5 the first time."""
    mark = folder / "died"
    if n == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return noisy_square(n, seed)


def dying(n, seed):
    os.kill(os.getpid(), signal.SIGKILL)


def deadly_at_three(n, seed):
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def numbers(found):
    return {key: done.value for key, done in found.items()}


def test_processes_give_what_one_process_gives_in_any_order(tmp_path):
    here = run_tasks(noisy_square, ITEMS, Store(tmp_path / "a"), entropy=8)
    there = run_tasks(noisy_square, ITEMS[::-1], Store(tmp_path / "b"), entropy=8, jobs=2)
    assert numbers(here) == numbers(there)
    assert list(here) == [item.key for item in ITEMS]
    assert len({tuple(done.value["noise"]) for done in here.values()}) == len(ITEMS)


def test_a_seed_follows_from_the_index_alone(tmp_path):
    one = run_tasks(noisy_square, ITEMS[7:8], Store(tmp_path / "a"), entropy=8)
    expected = np.random.default_rng(np.random.SeedSequence(8, spawn_key=(7,))).normal(size=2)
    assert one["square of 7"].value["noise"] == expected.tolist()
    other = run_tasks(noisy_square, ITEMS[7:8], Store(tmp_path / "b"), entropy=9)
    assert other["square of 7"].value["noise"] != expected.tolist()


def test_a_failed_task_is_recorded_with_its_seed_and_stops_nothing(tmp_path):
    found = run_tasks(failing_at_three, ITEMS, Store(tmp_path / "a"), entropy=8)
    assert found["square of 3"].error == "ValueError: three is too many"
    assert found["square of 3"].seed == (8, 3)
    assert found["square of 3"].value is None
    assert [done.value for done in found.values() if done.error is None] == [
        n for n in range(12) if n != 3
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_interrupted_is_not_kept_as_failed(jobs, tmp_path):
    store = Store(tmp_path / "a")
    with pytest.raises(Interrupted, match="run it again"):
        run_tasks(interrupted_at_three, ITEMS, store, entropy=8, jobs=jobs)
    assert "square of 3" not in store.read()
    found = run_tasks(noisy_square, ITEMS, store, entropy=8, jobs=1)
    assert all(done.error is None for done in found.values())


def test_what_is_stored_is_not_run_again(tmp_path):
    store = Store(tmp_path / "a")
    run_tasks(noisy_square, ITEMS[:5], store, entropy=8)
    ran = []
    found = run_tasks(noisy_square, ITEMS, store, entropy=8, done=ran.append)
    assert ran.count("from the store") == 5
    assert len(store.file.read_text().splitlines()) == len(ITEMS)
    assert numbers(found) == numbers(
        run_tasks(noisy_square, ITEMS, Store(tmp_path / "b"), entropy=8)
    )


def test_a_line_cut_short_is_run_again(tmp_path):
    store = Store(tmp_path / "a")
    whole = run_tasks(noisy_square, ITEMS, store, entropy=8)
    text = store.file.read_text()
    store.file.write_text(text[:-20])
    assert len(store.read()) == len(ITEMS) - 1
    assert numbers(run_tasks(noisy_square, ITEMS, store, entropy=8)) == numbers(whole)
    assert len(store.read()) == len(ITEMS)


def test_a_killed_process_costs_only_time(tmp_path):
    task = partial(dying_once, folder=tmp_path)
    found = run_tasks(task, ITEMS, Store(tmp_path / "a"), entropy=8, jobs=2)
    assert (tmp_path / "died").exists()
    assert numbers(found) == numbers(
        run_tasks(noisy_square, ITEMS, Store(tmp_path / "b"), entropy=8)
    )


def test_processes_that_always_die_end_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("frontierlag.studies.campaign.PATIENCE", 1)
    with pytest.raises(FitError, match=r"killed 1 times .* 2 left; .* fewer --jobs"):
        run_tasks(dying, ITEMS[:2], Store(tmp_path / "a"), entropy=8, jobs=2)


def test_a_task_that_always_kills_its_worker_is_recorded_and_stops_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("frontierlag.studies.campaign.PATIENCE", 2)
    found = run_tasks(deadly_at_three, ITEMS, Store(tmp_path / "a"), entropy=8, jobs=2)
    bad = found.pop("square of 3")
    assert bad.value is None
    assert "was killed 2 times or more" in bad.error
    assert [done.value for done in found.values()] == [n for n in range(12) if n != 3]
    # Kept, and not tried again.
    again = run_tasks(deadly_at_three, ITEMS, Store(tmp_path / "a"), entropy=8, jobs=2)
    assert again == found | {bad.key: bad}


def test_a_worker_of_another_version_is_refused(tmp_path, monkeypatch):
    found = iter(["this version", "another version"])
    monkeypatch.setattr("frontierlag.studies.campaign.digest_behind", lambda _: next(found))
    with pytest.raises(FitError, match="another version of frontierlag"):
        run_tasks(noisy_square, ITEMS[:1], Store(tmp_path / "a"), entropy=8)


def test_a_store_belongs_to_settings_and_program(tmp_path, monkeypatch):
    def file(settings):
        return campaign_store(tmp_path, "calibrate", noisy_square, settings).file

    first = file([("draws", 100)])
    assert file([("draws", 100)]) == first
    assert file([("draws", 200)]) != first
    monkeypatch.setattr("frontierlag.studies.campaign.digest_behind", lambda _: "changed")
    assert file([("draws", 100)]) != first


def test_the_program_behind_a_task_is_what_its_module_imports(tmp_path, monkeypatch):
    behind = modules_behind("frontierlag.analyses.refits")
    for name in (
        "fits.sampling",
        "model",
        "lags.realized",
        "frontiers.stochastic",
        "fits.convergence",
    ):
        assert f"frontierlag.{name}" in behind
    assert not [
        name for name in behind if name.startswith(("frontierlag.cli", "frontierlag.report"))
    ]
    assert digest_behind(partial(noisy_square, seed=1)) == digest_behind(noisy_square)


def test_numbers_are_kept_to_the_last_bit(tmp_path):
    store = Store(tmp_path / "a")
    values = [0.1 + 0.2, 1e-300, float(np.nextafter(1, 2)), -0.0]
    run_tasks(lambda n, seed: values, [CampaignTask("x", 0, 0)], store, entropy=1)
    assert store.read()["x"].value == values
    assert json.loads(store.file.read_text())["value"] == values


def test_no_scheduler_at_the_address_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("frontierlag.studies.campaign.CONNECT_SECONDS", 1)
    with pytest.raises(FitError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        run_tasks(
            noisy_square, ITEMS[:1], Store(tmp_path / "a"), entropy=1,
            scheduler="tcp://127.0.0.1:9",
        )  # fmt: skip
