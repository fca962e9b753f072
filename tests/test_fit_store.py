"""The store of fits: what was sampled once is not sampled again, and comes back as it was."""

from __future__ import annotations

import logging
import os
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from frontierlag.analyses.analysis import analyse
from frontierlag.analyses.refits import Task, refit
from frontierlag.checks.loo import exact_elpd
from frontierlag.errors import SpecError
from frontierlag.fits import sampling
from frontierlag.fits import store as fit_store
from frontierlag.fits.sampling import sample
from frontierlag.fits.store import FitStore, key_of, modules_that_sample, nothing_kept
from frontierlag.frontiers.observations import Observations
from frontierlag.model import ModelSpec
from frontierlag.results import tables
from frontierlag.results.charts import page_tables
from frontierlag.results.tables import capability_table
from frontierlag.scores.releases import subset
from frontierlag.settings import SamplerSettings

# The longest of these fits takes a second; they need one compilation.
pytestmark = pytest.mark.xdist_group("linear-records")
TINY = SamplerSettings(chains=2, draws=100, tune=200, seed=5)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store of fits in an empty folder."""
    monkeypatch.setenv("FRONTIERLAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(fit_store.LIMIT, "1")
    return fit_store.fit_store()


@pytest.fixture
def sampled(monkeypatch):
    """How often the sampler really ran."""
    calls = []
    real = sampling.draw

    def counted(*args, **kwargs):
        calls.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(sampling, "draw", counted)
    return calls


@pytest.fixture
def spec(eci_new):
    return ModelSpec.of("linear-records", eci_new.metric)


def written(analysis):
    """Every table of a run that a fit alone decides, as text to the last digit."""
    made = {
        "lags": tables.lag_table(analysis),
        "ladder": tables.ladder_table(analysis),
        "gaps": tables.gap_table(analysis),
        "levels": tables.level_table(analysis),
        "diagnostics": tables.diagnostics_table(analysis),
        "prior_influence": tables.prior_influence_table(analysis),
        "predictive": tables.predictive_table(analysis),
        "capabilities": capability_table(analysis),
        **page_tables(analysis),
    }
    return {name: table.to_csv() for name, table in made.items()}


def test_tables_from_the_store_are_those_of_a_fresh_fit(store, sampled, spec, eci_new, window):
    fresh, stored = (analyse(spec, eci_new, window, TINY) for _ in range(2))
    assert len(sampled) == 1
    assert written(stored) == written(fresh)
    for group in fresh.fit.tree.children:
        xr.testing.assert_identical(
            stored.fit.tree[group].to_dataset(), fresh.fit.tree[group].to_dataset()
        )
    assert stored.fit.seconds == fresh.fit.seconds
    with nothing_kept():
        again = analyse(spec, eci_new, window, TINY)
    assert len(sampled) == 2
    assert written(again) == written(fresh)


def test_refits_of_all_kinds_are_kept(store, sampled, spec, eci_new, window):
    fit = analyse(spec, eci_new, window, TINY).fit
    one = exact_elpd(fit, 0)[0]
    task = Task("a", spec, spec.observations(eci_new), (window,))
    lags = refit(task, TINY).lags
    ran = len(sampled)
    assert exact_elpd(fit, 0)[0] == one
    for kind, (draws, _) in refit(task, TINY).lags[0].items():
        assert np.array_equal(draws, lags[0][kind][0], equal_nan=True)
    assert len(sampled) == ran


def changed(arrays, name):
    values = arrays[name].copy()
    values[0] = np.nextafter(values[0], 1e9)
    return arrays | {name: values}


def test_whatever_a_number_depends_on_is_in_the_key(spec, eci_new, monkeypatch):
    observations = spec.observations(eci_new)
    arrays = spec.inputs(observations)
    assert {"years", "observed", "stderr", "group_index"} <= set(arrays)

    def key(spec=spec, arrays=arrays, settings=TINY):
        return key_of((spec, spec.parameters), arrays, settings)

    priors = dict(zip([p.name for p in spec.parameters], spec.parameters, strict=True))
    wider = priors["slope"].prior.model_copy(update={"sigma": 99.0})
    fewer = spec.inputs(
        Observations(subset(eci_new, eci_new.day > eci_new.day.min()), observations.reference)
    )
    keys = [
        key(),
        *(key(arrays=changed(arrays, name)) for name in ("years", "observed", "stderr")),
        key(arrays=fewer),
        key(ModelSpec.of("linear-records-all", eci_new.metric)),
        key(ModelSpec.of("logistic-records", eci_new.metric)),
        key(replace(spec, priors=(("slope", wider),))),
        key(replace(spec, metric=replace(spec.metric, spread=21.0))),
        *(
            key(settings=TINY.model_copy(update={name: value}))
            for name, value in [
                ("seed", 6),
                ("draws", 101),
                ("tune", 201),
                ("chains", 3),
                ("target_accept", 0.9),
            ]
        ),
    ]
    monkeypatch.setattr(fit_store, "program", lambda *_: "another")
    keys.append(key())
    assert len(set(keys)) == len(keys)


def test_the_program_in_the_key_is_what_samples_and_nothing_else():
    behind = modules_that_sample()
    for name in (
        "model",
        "priors",
        "fits.sampling",
        "fits.traces",
        "frontiers.joint",
        "frontiers.results_logp",
        "frontiers.densities",
        "trends.linear",
        "scores.metric",
    ):
        assert f"frontierlag.{name}" in behind
    other = ("cli", "report", "results", "claims", "checks", "lags", "analyses", "runs", "studies")
    assert not [name for name in behind if name.split(".")[1] in other]


def test_a_change_to_the_source_or_to_a_package_changes_the_program(monkeypatch):
    before = fit_store.program()
    for name in ("source_digest", "versions"):
        real = getattr(fit_store, name)
        with monkeypatch.context() as patch:
            if name == "versions":
                patch.setattr(fit_store, name, lambda p, r=real: r(p) | {"pymc": "0"})
            else:
                patch.setattr(fit_store, name, lambda m, s, r=real: r([*m][1:], s))
            fit_store.program.cache_clear()
            assert fit_store.program() != before
    fit_store.program.cache_clear()
    assert fit_store.program() == before


@pytest.mark.parametrize("damage", ["truncated", "one bit", "another entry", "no file of ours"])
def test_a_damaged_entry_is_reported_and_fitted_again(
    damage, store, sampled, spec, eci_new, caplog
):
    observations = spec.observations(eci_new)
    first = sample(spec, observations, TINY)
    (path,) = store.folder.glob("*/*.nc")
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "one bit":
        draws = first.posterior["slope"].to_numpy()[0, 50:51].tobytes()
        content[content.index(draws)] ^= 1
        path.write_bytes(content)
    elif damage == "another entry":
        xr.DataTree.from_dict({"posterior": first.posterior}).to_netcdf(path)
    else:
        path.write_text("nothing")
    with caplog.at_level(logging.WARNING):
        again = sample(spec, observations, TINY)
    assert len(sampled) == 2
    assert "is damaged" in caplog.text
    assert "fitted again" in caplog.text
    xr.testing.assert_identical(again.posterior, first.posterior)
    assert sample(spec, observations, TINY).seconds == again.seconds
    assert len(sampled) == 2


def test_refit_samples_again_and_keeps_the_new(store, sampled, spec, eci_new, monkeypatch):
    observations = spec.observations(eci_new)
    sample(spec, observations, TINY)
    monkeypatch.setenv(fit_store.REFIT, "1")
    new = sample(spec, observations, TINY)
    assert len(sampled) == 2
    monkeypatch.delenv(fit_store.REFIT)
    assert sample(spec, observations, TINY).seconds == new.seconds
    assert len(sampled) == 2


def test_groups_have_the_names_of_the_comparison_asked_for(store, sampled, spec, eci_new):
    sample(spec, spec.observations(eci_new), TINY)
    renamed = replace(eci_new.comparison, leader="North", follower="South")
    other = sample(spec, spec.observations(replace(eci_new, comparison=renamed)), TINY)
    assert len(sampled) == 1
    assert other.posterior["group"].to_numpy().tolist() == list(
        replace(eci_new, comparison=renamed).group_names
    )


def some(value, n=1000):
    return {"posterior": xr.Dataset({"x": (("chain", "draw"), np.full((1, n), value))})}


def test_the_least_recently_used_go_first(tmp_path):
    store = FitStore(tmp_path, limit=1e9)
    names = ["aa", "bb", "cc"]
    for i, name in enumerate(names):
        store.keep(name, some(float(i)))
        path = tmp_path / name / f"{name}.nc"
        os.utime(path, (i, i))
    size = path.stat().st_size
    assert store.read("aa")["posterior"]["x"].to_numpy()[0, 0] == 0  # used now
    FitStore(tmp_path, limit=2.5 * size).prune()
    assert store.read("bb") is None
    assert store.read("aa") is not None
    assert store.read("cc") is not None


def test_two_that_keep_the_same_leave_one_whole_entry(tmp_path):
    stores = [FitStore(tmp_path, 1e9) for _ in range(2)]
    for store in stores:
        store.keep("aa", some(1.0))
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["aa.nc"]
    assert stores[0].read("aa")["posterior"]["x"].to_numpy()[0, 0] == 1


def test_a_store_that_cannot_be_written_is_reported(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        FitStore(tmp_path / "file", 1e9).keep("aa", some(1.0))
    assert "not kept" in caplog.text


def test_a_limit_of_zero_keeps_nothing_and_words_are_refused(monkeypatch):
    monkeypatch.setenv(fit_store.LIMIT, "0")
    assert fit_store.fit_store() is None
    monkeypatch.setenv(fit_store.LIMIT, "much")
    with pytest.raises(SpecError, match="how many GiB"):
        fit_store.fit_store()
