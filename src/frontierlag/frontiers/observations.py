"""The releases that enter a likelihood, as the arrays that a model reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import xarray as xr

from frontierlag.dates import DAYS_PER_YEAR, day_number, years_after
from frontierlag.errors import ScoresError
from frontierlag.frontiers.counts import likelihood_of_counts
from frontierlag.names import EPOCH
from frontierlag.scores import Releases
from frontierlag.scores.bootstraps.releases import DrawnReleases
from frontierlag.scores.groups import members
from frontierlag.scores.item_results import MeasuredReleases, Responses


@dataclass(frozen=True)
class Observations:
    """Some releases of a comparison, timed in years after a reference date.

    Attributes
    ----------
    releases
        The releases that enter the likelihood, in date order.
    reference
        The date of level and slope; by default the middle between the first
        release of either group and the as-of date, the same for every model of a comparison.
    outside
        Releases that do not enter the likelihood but count for the best available (the first
        record of a group); None if there is none.
    makers
        Group and name of each maker, which models that tell makers apart number them by; by default
        those of the releases in order.

    Raises
    ------
    ScoresError
        If the scores are accuracies and nothing says of how many problems.
    """

    releases: Releases
    reference: date
    outside: Releases | None = None
    makers: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        r = self.releases
        if not self.makers:
            object.__setattr__(self, "makers", tuple(sorted(set(_made_by(r)))))
        if r.metric.bounded and not r.problems.all():
            missing = r.model[r.problems == 0]
            raise ScoresError(
                f"{r.table} does not say how many problems {missing[0]} was given (nor "
                f"{len(missing) - 1} other rows), so the uncertainty of its accuracy is not known. "
                "Add a column 'stderr' with the standard error of each accuracy."
            )

    @property
    def responses(self) -> Responses | None:
        """The benchmark results behind the scores, where they are known."""
        r = self.releases
        return r.responses if isinstance(r, MeasuredReleases) else None

    @cached_property
    def maker(self) -> np.ndarray:
        """Place of each release's maker in ``makers``."""
        place = {maker: k for k, maker in enumerate(self.makers)}
        return np.array([place[maker] for maker in _made_by(self.releases)], dtype=np.int64)

    @cached_property
    def measurement(self) -> dict[str, np.ndarray]:
        """What the columns of a release leave out: benchmark results, or shared errors."""
        r = self.releases
        if isinstance(r, DrawnReleases):
            return r.joint_errors.arrays(r.model)
        if not isinstance(r, MeasuredReleases):
            return {}
        names, of = r.vendors
        return r.responses.arrays | {"result_vendor": of, "vendors": np.arange(len(names))}

    @property
    def measured(self) -> xr.Dataset | None:
        """The same as one labelled dataset, for storage; None if there is no more."""
        r = self.releases
        if isinstance(r, DrawnReleases):
            return r.joint_errors.dataset()
        return None if self.responses is None else self.responses.dataset()

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """What enters the model as ``pm.Data``: ``(release,)`` each, but for ``epoch``, ``makers``.

        Of an accuracy, ``observed`` is the number of problems solved as a fraction of all, and the
        likelihood of the log odds is there too, as from
        :func:`frontierlag.frontiers.counts.likelihood_of_counts`: ``(release, node)`` each.
        """
        r = self.releases
        common = {
            "observed": np.asarray(r.score, dtype=float),
            "stderr": np.asarray(r.stderr, dtype=float),
            "stderr_low": np.asarray(r.stderr_low, dtype=float),
            "stderr_high": np.asarray(r.stderr_high, dtype=float),
            "years": years_after(r.day, self.reference),
            "group_index": np.asarray(r.group, dtype=np.int64),
            EPOCH: np.asarray(1970 + day_number(self.reference) / DAYS_PER_YEAR),
            "maker": self.maker,
            "makers": np.arange(len(self.makers)),
        }
        if self.measurement:
            return common | self.measurement
        if r.metric.bounds is None:
            return common
        solved = np.rint(r.score * r.problems)
        nodes = likelihood_of_counts(solved, r.problems, r.metric.bounds)
        return common | {
            "observed": solved / r.problems,
            "problems": np.asarray(r.problems, dtype=float),
            **nodes,
        }


def _made_by(releases: Releases) -> list[tuple[int, str]]:
    """Group and maker of each release; of several makers the one that is named first."""
    pairs = zip(releases.group, releases.organization, strict=True)
    return [(int(group), (*members(str(cell)), "")[0]) for group, cell in pairs]
