"""Refits under the constructions: one compilation, then only the weights of the results change.

What is finished is kept, so that a study that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from frontierlag.analyses.refits import Lags, from_daily, longest, numbers, quick_fit
from frontierlag.dates import Window
from frontierlag.errors import FitError, FrontierLagError
from frontierlag.fits.convergence import Convergence, check, quantity_checks, sampled_to_pass
from frontierlag.fits.fitting import Fit
from frontierlag.jobs import Prepared
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.lags.trend import trend_lag
from frontierlag.model import ModelSpec
from frontierlag.names import FOLLOWER, LEADER, REALIZED, TREND
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.settings import SamplerSettings
from frontierlag.studies.campaign import CampaignTask, campaign_store, run_tasks
from frontierlag.studies.index.construction import BASE, Construction, Reduced, reduced

# The main fit has this many times the draws of the others: its error is in every change.
BASE_DRAWS = 4
# A refit that misses the gate is made once more with this many times the draws, and if it then has
# divergences, once more with this acceptance rate.
LONGER, CAREFUL = 3, 0.98
# For everything that is not a lag.
OTHER_RHAT = 1.05


@dataclass(frozen=True, eq=False)
class Constructed:
    """What came of one construction.

    ``left`` is None where the construction leaves too little. ``window`` are the days of the job on
    which both groups have a release with results left. ``lags`` has by first day, kind and period
    the numbers of the lag, months, and is empty without a fit; the main one has those of every
    first day that another one needs. ``verdict`` is that of the gate, or why there is no fit.
    """

    construction: Construction
    left: Reduced | None
    window: Window
    lags: Mapping[tuple[str, str, str], Mapping[str, float]]
    converged: bool | None
    verdict: str


def fit_constructions(
    prepared: Prepared,
    constructions: Sequence[Construction],
    settings: SamplerSettings,
    keep: Path,
    *,
    jobs: int = 1,
    done: Callable[[str], None] = lambda _: None,
) -> list[Constructed]:
    """Fit every construction; those under which the same results count are one fit.

    The main one is the first, and has ``BASE_DRAWS`` times the draws of ``settings``. Finished fits
    are kept in the folder ``keep``; ``jobs`` processes of one thread each change no number;
    ``done`` is called with a word or two as each fit finishes.

    Raises
    ------
    FitError
        If the main fit failed, with which everything is compared.
    """
    releases = prepared.releases
    assert isinstance(releases, MeasuredReleases)  # a job with results joins them
    planned: list[Constructed] = []
    for construction in constructions:
        try:
            left = reduced(releases, construction.dropped)
        except FrontierLagError as reason:
            planned.append(Constructed(construction, None, prepared.window, {}, None, str(reason)))
            continue
        window = covered_window(left, prepared.window)
        planned.append(Constructed(construction, left, window, {}, False, ""))
    model = prepared.model()
    items: dict[str, CampaignTask] = {}
    keys: list[str] = []
    for one in planned:
        if one.left is None:
            keys.append("")
            continue
        main = one.construction.kind == BASE
        starts = sorted({p.window.since for p in planned}) if main else [one.window.since]
        # What is kept of a fit is its lags, so their first days are a part of its name.
        key = "/".join([model, one.left.digest, *map(str, starts)])
        payload = (model, one.construction.dropped, BASE_DRAWS if main else 1, tuple(starts))
        items.setdefault(key, CampaignTask(key, len(items), payload))
        keys.append(key)
    task = partial(fit_one, releases=releases, as_of=prepared.window.as_of, settings=settings)
    identity = [
        ("scores", prepared.table.sha256),
        ("results", releases.responses.sha256),
        ("comparison", asdict(releases.comparison)),
        ("window", prepared.window),
        ("settings", settings),
    ]
    store = campaign_store(keep, "constructions", task, identity)
    found = run_tasks(
        task, list(items.values()), store, entropy=settings.seed, jobs=jobs, done=done
    )
    outcomes = []
    for one, key in zip(planned, keys, strict=True):
        if one.left is None:
            outcomes.append(one)
            continue
        fit = found[key]
        if fit.error is not None:
            if one.construction.kind == BASE:
                raise FitError(f"the fit to all results failed: {fit.error}")
            outcomes.append(replace(one, verdict=f"the fit failed: {fit.error}"))
            continue
        lags = {tuple(name.split("/")): of_lag for name, of_lag in fit.value["lags"].items()}
        converged, verdict = fit.value["converged"], fit.value["verdict"]
        outcomes.append(replace(one, lags=lags, converged=converged, verdict=verdict))
    return outcomes


def covered_window(left: Reduced, window: Window) -> Window:
    """The days of a job's window on which both groups have a release that keeps results."""
    r = left.releases
    first = max(int(r.day[left.measured & r.of(group)].min()) for group in (LEADER, FOLLOWER))
    return Window(max(window.since, date(1970, 1, 1) + timedelta(days=first)), window.as_of)


def fit_one(
    payload: tuple[str, np.ndarray, int, tuple[date, ...]],
    seed: np.random.SeedSequence,
    *,
    releases: MeasuredReleases,
    as_of: date,
    settings: SamplerSettings,
) -> dict[str, Any]:
    """Fit one construction, again with more draws and then smaller steps if it misses the gate.

    ``payload`` is the name of the model, the mask of the results that do not count, how many times
    the draws, and the first days of the windows over which lags are computed; ``as_of`` is their
    last. Every fit has the seed of the settings, whatever else is fitted. The answer is what JSON
    can keep.
    """
    model, dropped, times, starts = payload
    windows = [Window(since, as_of) for since in starts]
    left = reduced(releases, dropped)
    spec = ModelSpec.of(model, releases.metric)
    observations = spec.observations(left.releases)
    longer = settings.model_copy(update={"draws": times * settings.draws})
    careful = longer.model_copy(update={"target_accept": CAREFUL})

    def fitted(
        thin: int, tried: SamplerSettings = longer
    ) -> tuple[Fit, tuple[Lags, ...], Convergence]:
        fit = quick_fit(spec, observations, tried, thin=thin)
        lags = lags_of(fit, windows, left.measured)
        return fit, lags, gate_of_lags(fit, lags[0])

    _, lags, gate = sampled_to_pass(fitted, lambda found: found[2].converged, LONGER)
    if any(c.name == "divergences" and not c.passed for c in gate.checks):
        # Smaller steps may help.
        _, lags, gate = fitted(LONGER, careful)
    return {
        "lags": {
            f"{window.since}/{kind}/{period}": numbers(*lag)
            for window, of_window in zip(windows, lags, strict=True)
            for (kind, period), lag in of_window.items()
        },
        "converged": gate.converged,
        "verdict": "" if gate.converged else gate.verdict(),
    }


def lags_of(fit: Fit, windows: Sequence[Window], measured: np.ndarray) -> tuple[Lags, ...]:
    """Trend and realized lag of a fit over windows, of the releases that have results.

    A release without results has its prior in the fit and would count for the best available at
    random; in an index of the results that are left it would not stand.
    The windows end alike; ``measured`` says which releases have results.
    """
    r, days = fit.observations.releases, longest(windows).days
    sides = [measured & r.of(group) for group in (LEADER, FOLLOWER)]
    leader, follower = (Staircase.of(r.day[own], fit.capabilities[..., own]) for own in sides)
    first = int(r.day[sides[LEADER]].min())
    of_trend = trend_lag(
        fit.spec.trend, fit.trend_inputs, days, fit.observations.reference, first, int(days[-1])
    )
    daily = {TREND: of_trend, REALIZED: realized_lag(leader, follower, days)}
    return from_daily(daily, windows)


def gate_of_lags(fit: Fit, lags: Lags) -> Convergence:
    """The convergence gate over a fit's lags, and a wider one over what they are made from.

    Capabilities, difficulties and discriminations stretch together with the scale, which moves
    slowest of all and which no lag depends on: lags have several times the effective draws of
    those. Lags are all that is reported here, so they and the sampler are held to the gate's
    limits, and everything else to an R-hat of ``OTHER_RHAT``. The main run of the model holds
    all of it to the gate's own limits.
    """
    named = {f"{kind} lag, {period}": draws for (kind, period), (draws, _) in lags.items()}
    gate = check(fit.tree["sample_stats"].to_dataset(), xr.Dataset(named))
    worst = quantity_checks(fit.tree["posterior"].to_dataset())[0]
    wider = replace(
        worst,
        name="R-hat of parameters and latent variables",
        threshold=f"at most {OTHER_RHAT}",
        passed=bool(worst.value <= OTHER_RHAT),
    )
    return Convergence((*gate.checks, wider))
