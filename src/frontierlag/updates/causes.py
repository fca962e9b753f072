"""What moved the headline from one vintage to the next: scores, models, dates, further days.

The headline is the mean realized lag over a vintage's own window. Over the days of both windows
its change is credited to scores (with their errors), models that came or went, and dates by
Shapley values, as in :mod:`frontierlag.studies.history.changes`; the rest is due to the days on
which the two windows differ. The parts add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from frontierlag.analyses.refits import refit_all
from frontierlag.dates import Window
from frontierlag.intervals import summarize
from frontierlag.model import ModelSpec
from frontierlag.names import REALIZED, SAMPLE_DIMS, WINDOW
from frontierlag.settings import SamplerSettings
from frontierlag.studies.history.changes import CAUSES, Fits, mixtures, taken_apart
from frontierlag.studies.history.tables import Vintage, same_days
from frontierlag.studies.vintages.comparison import AFTER, BEFORE

DAYS = "days"
PARTS = (*CAUSES.values(), DAYS)


@dataclass(frozen=True)
class Causes:
    """The change of the posterior mean of the headline, months, and its parts.

    Attributes
    ----------
    total
        The change and its Monte Carlo standard error.
    parts
        By name (scores, models, dates, days): the same of each part.
    in_sds
        The change in posterior standard deviations (root mean square of the two).
    window
        The days over which scores, models and dates are credited.
    converged
        Whether every fit passed the gate.
    """

    total: tuple[float, float]
    parts: Mapping[str, tuple[float, float]]
    in_sds: float
    window: Window
    converged: bool


def causes(
    before: Vintage,
    after: Vintage,
    settings: SamplerSettings,
    done: Callable[[str], None] = lambda _: None,
) -> Causes:
    """Fit the mixtures of two vintages and take the change of the headline apart.

    Parameters
    ----------
    before, after
        Two vintages of one table, read alike.
    settings
        Those of the run, so that the fits of the two vintages themselves are the run's own and come
        from the store of fits where that has them.
    done
        Called with a line as fits are finished.

    Raises
    ------
    SpecError
        If the two share no day.
    """
    metric = after.prepared.table.metric
    spec = ModelSpec.of(after.prepared.model(), metric)
    window = same_days((before, after))
    fits = Fits(spec)
    keys = {corner: fits.ask(mixed, window) for corner, mixed in mixtures(before, after).items()}
    ends = {BEFORE: before.prepared, AFTER: after.prepared}
    for one in ends.values():
        fits.ask(one.releases, one.window)
    fits.found = refit_all(fits.tasks, settings, done=done)
    values: dict[Hashable, tuple[float, float]] = {}
    for key in set(keys.values()):
        s = summarize(fits.lag(key, window, REALIZED, WINDOW)[0])
        values[key] = (s.mean, s.mcse_mean)
    _, parts = taken_apart(keys, values)
    whole, rest, errors, spreads = [], [], [], []
    for corner, one in ends.items():
        own, _ = fits.lag(keys[corner], one.window, REALIZED, WINDOW)
        same, _ = fits.lag(keys[corner], window, REALIZED, WINDOW)
        of_own = summarize(own)
        whole.append(of_own.mean)
        rest.append(of_own.mean - values[keys[corner]][0])
        errors.append((of_own.mcse_mean, summarize(own - same).mcse_mean))
        spreads.append(float(own.std(SAMPLE_DIMS)))
    joined = np.sqrt(np.square(errors).sum(axis=0))
    spread = float(np.sqrt(np.mean(np.square(spreads))))
    total = whole[1] - whole[0]
    named = {name: parts[component] for component, name in CAUSES.items()}
    return Causes(
        total=(total, float(joined[0])),
        parts=named | {DAYS: (rest[1] - rest[0], float(joined[1]))},
        in_sds=total / spread if spread > 0 else 0.0,
        window=window,
        converged=all(found.converged for found in fits.found.values()),
    )
