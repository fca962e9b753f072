"""What the pages say of priors, thresholds, data and worlds, read from the code itself."""

from __future__ import annotations

from datetime import date

import numpy as np
from blocks import block, table

from frontierlag import errors as codes
from frontierlag.checks.shortfalls import FEW
from frontierlag.claims import article
from frontierlag.claims.claim import VERDICTS
from frontierlag.dates import AS_PUBLISHED, RELEASED, WORDS
from frontierlag.errors import ScoresError
from frontierlag.fits import convergence
from frontierlag.frontiers import FRONTIERS
from frontierlag.frontiers.item_response import FREEDOM
from frontierlag.intervals import INTERVAL_KIND, OUTER, tails
from frontierlag.lags.published import PUBLISHED, TOLERANCE, between_levels, equivalence
from frontierlag.model import ModelSpec
from frontierlag.priors import Parameter
from frontierlag.scores import Metric, date_lint, load_scores, parse_comparison, releases
from frontierlag.scores.bootstraps import FEWEST_DRAWS
from frontierlag.scores.corrections import Correction, corrections, resolutions
from frontierlag.scores.item_results import load_results, result_names
from frontierlag.scores.metric import ECI, FRONTIERMATH
from frontierlag.scores.reading.countries import usual_names
from frontierlag.scores.reading.layouts import describe_layouts
from frontierlag.scores.registry import registry
from frontierlag.settings import SamplerSettings
from frontierlag.studies.calibration.estimators import CHAINS, DRAWS, MAX_RHAT, MIN_ESS, TUNE
from frontierlag.studies.calibration.worlds import BASE
from frontierlag.studies.index.refits import OTHER_RHAT
from frontierlag.trends import TRENDS, Broken
from frontierlag.updates import check
from frontierlag.words import FEW_BOUNDS

# Models whose priors are shown, by the page's name for them.
PRIORS = {
    "linear": ("linear-stochastic", ECI, ("level", "slope")),
    "logistic": ("logistic-stochastic", ECI, ("level", "slope", "headroom", "depth")),
    "logistic_between": ("logistic-stochastic", FRONTIERMATH, ("level", "slope")),
    "parallel": ("parallel-stochastic", ECI, ("level", "slope", "lag")),
    "parallel_logistic": (
        "parallel-logistic-stochastic", ECI, ("level", "slope", "headroom", "depth", "lag"),
    ),
    "broken": ("broken-stochastic", ECI, ("level", "slope", "slope_after")),
    "broken_learned": ("broken-learned-stochastic", ECI, ("break_year",)),
    "wandering": ("wandering-stochastic", ECI, ("level", "slope", "pace_spread")),
    "records": ("linear-records", ECI, ("scatter",)),
    "stochastic": ("linear-stochastic", ECI, ("scatter", "shortfall")),
    "makers": ("linear-stochastic-makers", ECI, ("maker_spread", "shortfall_change")),
    "accuracy": ("logistic-stochastic", FRONTIERMATH, ("scatter", "shortfall")),
}  # fmt: skip


def shown() -> dict[str, str]:
    """Return Markdown by name."""
    found = {
        f"priors_{name}": priors(ModelSpec.of(model, metric), wanted)
        for name, (model, metric, wanted) in PRIORS.items()
    }
    joint = ModelSpec.of("linear-joint", ECI)
    curve = {p.name for p in joint.trend.parameters(ECI)}
    vendors = ModelSpec.of("linear-joint-vendors", ECI)
    found["priors_vendors"] = priors(vendors, ["bias_mean", "bias_spread"])
    found["priors_joint"] = priors(joint, [p.name for p in joint.parameters if p.name not in curve])
    settings = SamplerSettings()
    return found | {
        "few_draws": str(FEW),
        "trend_names": ", ".join(f"`{name}`" for name in TRENDS),
        "frontier_names": ", ".join(f"`{name}`" for name in FRONTIERS),
        "gate": _gate(),
        "campaign_gate": (
            f"{CHAINS} chains of {DRAWS} draws after {TUNE} steps of tuning, R-hat at most "
            f"{MAX_RHAT:g} and at least {MIN_ESS:g} effective draws"
        ),
        "sampler": (
            f"{settings.chains} chains of {settings.draws} draws after {settings.tune} steps of "
            f"tuning, seed {settings.seed}"
        ),
        "acceptance": table(
            ("frontier", "acceptance rate aimed for"),
            [(f"`{name}`", one.target_accept) for name, one in FRONTIERS.items()],
        ),
        "intervals": f"{INTERVAL_KIND}, {OUTER:.0%} unless another is named",
        "verdicts": table(("probability from", "verdict"), [(f"{p:g}", w) for p, w in VERDICTS]),
        "exit_codes": table(
            ("exit code", "when"),
            [
                (0, "all went well"),
                (codes.NOT_CONVERGED, "a fit that is shown did not converge"),
                (codes.USER_ERROR, "a mistake of the user's: one sentence says what was expected"),
                (
                    codes.CHECK_FAILED,
                    "ranks are not uniform (`validate sbc`), or frozen numbers are not the same "
                    "(`validate verify`)",
                ),
                (codes.UNCHANGED, "what `update` follows has not changed; nothing was written"),
                (codes.INTERRUPTED, "Ctrl-C; nothing half-written is left"),
                (codes.TERMINATED, "SIGTERM; the same"),
                (codes.PIPE_CLOSED, "whoever was reading the output has seen enough"),
            ],
        ),
        "update_gone": f"{check.MOST_GONE:.0%}",
        "update_blank": f"{check.MOST_BLANK:.0%}",
        "update_moved": f"{check.MOST_MOVED:.0%}",
        "update_order": f"{check.SAME_ORDER:g}",
        "claims_reading": _second_paragraph(article.__doc__ or ""),
        "broken_at": str(Broken().earliest),
        "few_bounds": f"{FEW_BOUNDS:.0%}",
        "other_rhat": f"{OTHER_RHAT:g}",
        "tolerance": f"{TOLERANCE['points']:g} point",
        "published_mean": f"{PUBLISHED['mean']:g} months",
        "published_range": f"from {PUBLISHED['minimum']:g} to {PUBLISHED['maximum']:g}",
        "open_conventions": _open_conventions(),
        "freedom": f"{FREEDOM:g}",
        "fewest_draws": f"{FEWEST_DRAWS}",
        "tables": _tables(),
        "result_tables": _result_tables(),
        "archive_size": str(len(registry().archive)),
        "archive": _archive(),
        "left_out": _left_out(),
        "date_lint": _date_lint(),
        "date_corrections": _date_corrections(),
        "from_publisher_alone": str(
            len({one.model for one in corrections().values() if one.from_publisher_alone})
        ),
        "layouts": block(describe_layouts()),
        "country_names": _countries(),
        "resolutions": _resolutions(),
        "base_world": _base_world(),
        "anchors": " and ".join(f"{name} = {score:g}" for name, score in ECI.anchors),
    }


def priors(spec: ModelSpec, wanted: list[str] | tuple[str, ...]) -> str:
    """Table of the priors in force of some parameters of a model."""
    known = {p.name: p for p in spec.parameters}
    rows = []
    for p in (known[name] for name in wanted):
        low, high = (_digits(p.prior.quantile(q)) for q in tails(OUTER))
        rows.append(
            (f"`{p.name}`", _meaning(p), f"`{p.prior.describe()}`", _digits(p.prior.median_value),
             f"{low} to {high}", p.unit or "none")
        )  # fmt: skip
    return table(("parameter", "meaning", "prior", "median", f"{OUTER:.0%} of it", "unit"), rows)


def _second_paragraph(text: str) -> str:
    """What a module's docstring says below its first line, with code as Markdown has it."""
    return " ".join(text.split("\n\n")[1].split()).replace("``", "`")


def _meaning(p: Parameter) -> str:
    return f"{p.meaning} ({'shared' if p.shared else 'each group'})"


def _digits(value: float) -> str:
    """Three significant digits, and whole numbers from 100 on, where a prior needs no more."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 1000:
        return f"{value:.1f}"
    return f"{float(f'{value:.3g}'):g}"


def _gate() -> str:
    return table(
        ("check", "what passes"),
        [
            ("rank-normalized split R-hat", f"at most {convergence.MAX_RHAT:g}"),
            ("effective draws, bulk and tail", f"at least {convergence.MIN_ESS:g} each"),
            ("divergent transitions", "none"),
            ("E-BFMI, each chain", f"above {convergence.MIN_BFMI:g}"),
        ],
    )


def _metric(metric: Metric) -> str:
    if metric.bounds is None:
        return f"{metric.name}, {metric.unit}, no bounds"
    problems = f", {metric.problems} problems" if metric.problems else ""
    return f"{metric.name}, {metric.unit} from {metric.lower:g} to {metric.upper:g}{problems}"


def _tables() -> str:
    rows = []
    for name in (main.name for main in registry().of("scores", archived=False)):
        one = load_scores(name)
        dated = one.frame["released"].dropna()
        rows.append(
            (f"`{name}`", _metric(one.metric), len(one.frame), str(dated.min().date()), one.vintage,
             one.as_of, f"`{one.sha256[:12]}`")
        )  # fmt: skip
    head = ("table", "metric", "rows", "first release", "vintage", "as of", "SHA-256 begins")
    return table(head, rows)


def _archive() -> str:
    """Remarks on vintages of the archive, days with the same remark in one row."""
    days: dict[str, list[str]] = {}
    for one in registry().archive:
        days.setdefault(one.note or "no remark", []).append(str(one.vintage))
    rows = [(", ".join(listed), note) for note, listed in days.items()]
    return table(("day", "remark"), rows)


def _result_tables() -> str:
    rows = []
    for name in result_names():
        frame = load_results(name).frame
        rows.append(
            (f"`{name}`", len(frame), frame["model"].nunique(), frame["benchmark"].nunique())
        )
    return table(("table", "results", "models", "benchmarks"), rows)


def _left_out() -> str:
    """How many rows each comparison uses and leaves out, on every table."""
    rows = []
    for name in (main.name for main in registry().of("scores", archived=False)):
        one = load_scores(name)
        for comparison in ("us-china", "closed-open"):
            try:
                r = releases(one, parse_comparison(comparison, one))
            except ScoresError:
                rows.append((f"`{name}`", f"`{comparison}`", "cannot be compared", "", ""))
                continue
            lead, follow = (int(r.of(g).sum()) for g in (0, 1))
            rows.append((f"`{name}`", f"`{comparison}`", lead, follow, len(r.left_out)))
    return table(("table", "comparison", "leader", "follower", "rows left out"), rows)


def _date_lint() -> str:
    return "\n".join(
        f"- {words}"
        for words in map(str, date_lint(load_scores(registry().roles.scores, dates=AS_PUBLISHED)))
    )


def _date_corrections() -> str:
    """The dates of the newest table that are corrected, largest change first."""
    used = load_scores(registry().roles.scores).corrections
    changed = sorted((c for c in used if c.changes), key=lambda c: -abs(c.days))
    rows = [
        (c.model, f"{c.old} ({c.old_kind})", f"{c.new} ({c.new_kind})", _between(c), c.reason)
        for c in changed
    ]
    return table(("model", "as published", "in use", "open", "reason"), rows)


def _between(one: Correction) -> str:
    return f"{one.low} to {one.high}" if one.low < one.high else ""


def _countries() -> str:
    """Each name used, with spellings that are read as it besides codes and names of ISO 3166-1."""
    rows = [(short, ", ".join(spellings)) for short, spellings in usual_names().items()]
    return table(("name used", "also read as it, besides codes and names of ISO 3166-1"), rows)


def _resolutions() -> str:
    return table(
        ("model", "organization", "country", "weights", "reason"),
        [(r.model, r.organization, r.country, r.weights, r.reason) for r in resolutions().values()],
    )


_DESIGN_WORDS = {
    "releases": "releases of leader and follower",
    "years": "years before the as-of date in which the table begins",
    "level": "leader's trend in the middle, points",
    "slope": "mean and standard deviation of the slopes, points a year",
    "lag": "range of the true trend lag in the middle, months",
    "scatter": "range of the scatter, points",
    "shortfall": "mean shortfall, points",
    "error": "median standard error in the middle, points",
    "error_trend": "change of its logarithm a year",
    "error_spread": "standard deviation of its logarithm around that",
}


def _base_world() -> str:
    rows = []
    for name, words in _DESIGN_WORDS.items():
        value = getattr(BASE, name)
        value_text = (
            " and ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}"
        )
        rows.append((words, value_text))
    return table(("what", "value"), rows)


def _open_conventions() -> str:
    """The publisher's conventions for open and closed weights, on the reference tables."""
    in_2026, then = date(2026, 1, 1), date(2025, 10, 31)
    rows = []
    for name, dates in (
        ("eci-2025-12-19", RELEASED),
        ("eci-2026-08-11", RELEASED),
        ("eci-2026-08-11", AS_PUBLISHED),
    ):
        scores = load_scores(name, dates=dates)
        comparison = parse_comparison("closed-open", scores)
        found, (low, high) = between_levels(releases(scores, comparison, then))
        rows.append(
            (f"`{name}`, {WORDS[dates]}", f"mean over 100 scores, to {then}",
             f"{found.mean:.1f} (central 90 % of the scores: {low:.1f} to {high:.1f})")
        )  # fmt: skip
    newest = load_scores("eci-2026-08-11")
    all_of_it = releases(newest, parse_comparison("closed-open", newest))
    pairs = []
    for threshold, words in ((0.95, "equivalence, 0.95"), (0.5, "strict exceedance")):
        last = equivalence(all_of_it, threshold, all_of_it.as_of)
        mean = equivalence(all_of_it, threshold, in_2026)
        pairs.append((last.mean, mean.mean))
        rows.append(
            (f"`{newest.name}`, {WORDS[RELEASED]}", f"{words}, published scores and intervals",
             f"{last.mean:.1f} on {all_of_it.as_of}; {mean.mean:.1f} on average in 2026")
        )  # fmt: skip
    made = table(("scores", "convention", "months, open behind closed weights"), rows)
    on_the_day, in_the_year = (
        f"{sure:.1f} and {even:.1f}" for sure, even in zip(*pairs, strict=True)
    )
    return (
        f"{made}\n\nThe publisher does not say over which days 4 and 6 were taken, and no one "
        f"choice gives both: on the last day it is {on_the_day}, on average in 2026 {in_the_year}."
    )
