"""Evidence for claims from fits at hand."""

from functools import cache

from frontierlag.analyses.two_comparisons import fit_two_comparisons
from frontierlag.claims import Need, Unanswerable
from frontierlag.errors import SpecError

MAIN, OTHER = Need(), Need(comparison="closed-open")


class Fits:
    """Fits by comparison, and groups for a split."""

    def __init__(self, split=None, **fits):
        self.fits = fits
        self.split = split

    def analysis(self, need):
        key = need.comparison.replace("-", "_") if not need.trend and not need.scores else ""
        if key not in self.fits:
            raise Unanswerable("not at hand")
        return self.fits[key]

    def groups(self, need):
        if self.split is None:
            raise Unanswerable("no such groups")
        return self.split

    @cache  # noqa: B019 - as a run's evidence, which fits it once
    def crossed(self, one, other):
        first, second = self.analysis(one).fit, self.analysis(other).fit
        of = (f.observations.releases for f in (first, second))
        try:
            return fit_two_comparisons(first.spec, *of, first.settings, cores=2)
        except SpecError as reason:
            raise Unanswerable(str(reason)) from reason


def evidence_of(pair):
    """Fits of us-china and closed-open."""
    return Fits(us_china=pair[0], closed_open=pair[1])
