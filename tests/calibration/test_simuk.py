"""The package's rank statistics beside those of simuk, on the same model."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from frontierlag.model import build
from frontierlag.names import GROUP
from frontierlag.studies.calibration.prior_worlds import prior_world, rank, spec_of
from frontierlag.studies.calibration.sbc import rank_statistics, uniformity

MODEL, SIMULATIONS = "linear-records", 20
SIDES = ("leader", "follower")


@pytest.mark.slow
def test_simuk_finds_the_same_ranks_uniform(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies, on import and while sampling
        import simuk

        spec = spec_of(MODEL)
        observations = spec.observations(prior_world(spec, np.random.default_rng(1)).releases)
        theirs = simuk.SBC(
            build(spec, observations),
            num_simulations=SIMULATIONS,
            sample_kwargs={
                "draws": 500, "tune": 500, "chains": 2, "cores": 1, "nuts_sampler": "nutpie",
            },
            seed=8,
            progress_bar=False,
        )  # fmt: skip
        theirs.run_simulations()
    counts = theirs.simulations["prior_sbc"]
    ranks: dict[str, list[float]] = {}
    for name in ("level", "slope"):
        for g, side in enumerate(SIDES):
            label = f"{name}[{side}]"
            told = counts[name].to_numpy()[0, :, g]
            truth = theirs.ref_params[name].isel({GROUP: g}).to_numpy()
            fits = [fit[name].isel({GROUP: g}).to_numpy() for fit in theirs.posteriors]
            n = fits[0].size
            own = [rank(float(t), fit, 0.0) for t, fit in zip(truth, fits, strict=True)]
            # Of the same draws and the same truth, the same rank.
            assert np.array(own) * (n + 1) == pytest.approx(told)
            ranks[label] = ((told + 0.5) / (n + 1)).tolist()
    assert uniformity(ranks)["passed"].all()
    # And of another stream of worlds, ranks of the same distribution.
    ours = rank_statistics((MODEL,), 3 * SIMULATIONS, tmp_path, jobs=2)
    assert ours.passed, ours.table
    for label, values in ranks.items():
        assert stats.ks_2samp(values, ours.ranks[MODEL][label]).pvalue > 0.001
