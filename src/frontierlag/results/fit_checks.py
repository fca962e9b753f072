"""What fits worst, as tables and in sentences: shortfalls, benchmarks, models, single results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.items import (
    PARTS,
    FitOf,
    Information,
    Scored,
    information,
    outfit,
    scored,
    shape,
    worst_results,
)
from frontierlag.checks.shortfalls import (
    composed_errors,
    nearest_share,
    no_shortfall,
    residual_skewness,
    shortfall_draws,
)
from frontierlag.dates import DAYS_PER_MONTH
from frontierlag.intervals import OUTER, summarize, summarize_each, tails
from frontierlag.lags.trend import curve
from frontierlag.names import LEADER, RELEASE
from frontierlag.results.tables import NEITHER, OF_A_POSTERIOR, table_of
from frontierlag.words import (
    INTERVAL_WORDS,
    Row,
    converged,
    error_of,
    figure,
    joined_span,
    probability_words,
    rows_where,
    span,
    stamp,
)

SHORTFALLS, NO_SHORTFALL = "shortfalls", "no_shortfall"
ITEM_FIT, PERSON_FIT, WORST = "item_fit", "person_fit", "worst_results"
INFORMATION = "information"
STEMS = (SHORTFALLS, NO_SHORTFALL, ITEM_FIT, PERSON_FIT, WORST, INFORMATION)
# What a row of the information is of.
SCALE, BEST, PEAK = "scale", "best", "peak"
# Results that are listed as the worst.
MOST = 40
# A p-value below this is extreme, as in the posterior predictive checks; how many are named.
EXTREME, NAMED = 0.01, 5
_P_DIGITS = 4
_ENDS = ("_lower90", "_upper90")
_SUMMARY = OF_A_POSTERIOR[:7]
_MIDDLE = (tails(OUTER)[0], 0.5, tails(OUTER)[1])
_INFORMATION = [
    *("what", "group", "date"),
    *(f"{of}{end}" for of in ("level", INFORMATION, "error") for end in ("", *_ENDS)),
    "months",
]


def fit_check_tables(analysis: Analysis) -> dict[str, pd.DataFrame]:
    """The tables that a fit has, by their stem.

    Of a stochastic frontier ``shortfalls`` and ``no_shortfall``; of benchmark results ``item_fit``,
    ``person_fit``, ``worst_results`` and ``information`` too; none of a model of records.
    """
    found: dict[str, pd.DataFrame] = {}
    if (shortfalls := shortfall_table(analysis)) is not None:
        found[SHORTFALLS] = shortfalls
        found[NO_SHORTFALL] = no_shortfall_table(analysis)
    known, along = scored(analysis.fit), information(analysis.fit)
    if known is not None and along is not None:
        found[ITEM_FIT] = item_table(analysis, known, along)
        found[PERSON_FIT] = person_table(analysis, known)
        found[WORST] = worst_table(analysis, known)
        found[INFORMATION] = information_table(analysis, along)
    return found


def shortfall_table(analysis: Analysis) -> pd.DataFrame | None:
    """How far each release is short of its group's frontier: the rows of ``shortfalls.csv``.

    Returns
    -------
    One row a release in order of release: ``release``, ``group``, ``released``; the posterior of
    its shortfall in ``unit``; ``nearest_tenth``, the probability that it is among the tenth of its
    group with the smallest ones. None of a fit without shortfalls.
    """
    draws, errors = shortfall_draws(analysis.fit), composed_errors(analysis.fit)
    if draws is None or errors is None:
        return None
    r = analysis.fit.observations.releases
    posterior = summarize_each(draws, RELEASE)
    rows = pd.DataFrame(
        {
            "release": r.model,
            "group": np.asarray(r.group_names)[r.group],
            "released": r.date.astype(str),
            **{name: posterior[name] for name in _SUMMARY},
            "unit": errors.unit,
            "nearest_tenth": nearest_share(draws.to_numpy(), r.group),
        }
    )
    return table_of(analysis, rows, places={"nearest_tenth": _P_DIGITS})


def no_shortfall_table(analysis: Analysis) -> pd.DataFrame:
    """Whether a group has shortfalls at all: the rows of ``no_shortfall.csv``.

    Returns
    -------
    One row a group: posterior of its mean shortfall, with ``unit``; ``probability`` that there is
    none, with even odds before the data, and its Monte Carlo error ``mcse``; ``bounded``, whether
    it is only known to be at most this, and ``effective``, how many draws it rests on; ``skewness``
    of the residuals, its 90 % sampling interval, ``z`` of Coelli, ``skewness_p``, the probability
    of one as low without shortfalls, and ``wrong_sign``.
    """
    fit, errors = analysis.fit, composed_errors(analysis.fit)
    r = fit.observations.releases
    mean = fit.tree["posterior"].to_dataset()["shortfall"]
    none = {one.group: one for one in no_shortfall(fit)}
    leaning = {one.group: one for one in residual_skewness(fit)}
    rows = []
    for g, name in enumerate(r.group_names):
        posterior = asdict(summarize(mean[..., g]))
        row: dict[str, Any] = {"group": name, "releases": int(r.of(g).sum())}
        row |= {column: posterior[column] for column in _SUMMARY}
        row["unit"] = errors.unit if errors else ""
        if one := none.get(name):
            row |= {"probability": one.probability, "mcse": one.mcse, "bounded": one.bounded}
            row |= {"effective": one.effective}
        if s := leaning.get(name):
            row |= {"skewness": s.value, "skewness_lower90": s.lower90}
            row |= {"skewness_upper90": s.upper90, "z": s.z, "skewness_p": s.p}
            row |= {"wrong_sign": s.wrong}
        rows.append(row)
    places = {"probability": _P_DIGITS, "mcse": _P_DIGITS, "skewness_p": _P_DIGITS, "effective": 1}
    return table_of(analysis, pd.DataFrame(rows), places=places)


def item_table(analysis: Analysis, found: Scored, along: Information) -> pd.DataFrame:
    """How well each benchmark fits, and what it tells: the rows of ``item_fit.csv``.

    Returns
    -------
    One row a benchmark, the worst first: ``results``; ``outfit`` with its 90 % interval and ``p``;
    ``shape_p`` and the mean normal score of the ``low``, ``middle`` and ``high`` third of its
    models; ``direction`` in words; ``peak_at``, its difficulty, where a result on it tells most,
    and ``peak_information`` there; ``share_leader`` and ``share_follower``, its share of the
    information at the capability of the group's best on the last day.
    """
    fit_of = outfit(found.z, found.benchmark, len(found.responses.benchmarks))
    curve = shape(found)
    levels = np.median(along.best(int(analysis.measured.window.days[-1])), axis=0)
    leader, follower = (along.shares(float(c)) for c in levels)
    rows = pd.DataFrame(
        {
            "benchmark": found.responses.benchmarks,
            **_outfit_columns(fit_of),
            "shape_p": curve.p,
            **dict(zip(PARTS, curve.residual, strict=True)),
            "direction": [_curve_words(each) for each in curve.residual.T],
            "peak_at": np.median(along.difficulty, axis=0),
            "peak_information": np.median(along.highest, axis=0),
            "share_leader": leader,
            "share_follower": follower,
        }
    )
    rows = _worst_first(rows, np.fmin(fit_of.p, curve.p))
    places = dict.fromkeys(("p", "shape_p", "share_leader", "share_follower"), _P_DIGITS)
    return table_of(analysis, rows, places=places | {"peak_information": 5})


def person_table(analysis: Analysis, found: Scored) -> pd.DataFrame:
    """How well each model fits: the rows of ``person_fit.csv``.

    Returns
    -------
    One row a model with results, the worst first: ``release``, ``group``; ``results``; ``outfit``
    with its 90 % interval and ``p``; ``direction`` in words; ``most_surprising``, the benchmark on
    which its result is furthest from what is expected, and ``z`` of that result.
    """
    responses = found.responses
    fit_of = outfit(found.z, found.model, responses.models)
    z = found.z.mean(0)
    order = np.argsort(np.abs(z), kind="stable")
    furthest = np.full(responses.models, -1)
    furthest[found.model[order]] = order  # of several the last, which is the furthest out
    names, groups = _models(analysis, found)
    rows = pd.DataFrame(
        {
            "release": names,
            "group": groups,
            **_outfit_columns(fit_of),
            "direction": ["more uneven" if p < 0.5 else "more even" for p in fit_of.p],
            "most_surprising": responses.benchmarks[found.benchmark[furthest]],
            "z": z[furthest],
        }
    )[fit_of.results > 0]
    rows = _worst_first(rows, fit_of.p[fit_of.results > 0])
    return table_of(analysis, rows, places={"p": _P_DIGITS})


def worst_table(analysis: Analysis, found: Scored, most: int = MOST) -> pd.DataFrame:
    """The single results that fit worst: the rows of ``worst_results.csv``.

    Returns
    -------
    One row a result, the worst first: ``release``, ``group``, ``benchmark``; ``observed``;
    ``expected``, and the 90 % interval of a replicated result; ``z``; ``tail``, the posterior
    predictive tail probability; ``source``, who reported it.
    """
    worst, responses = worst_results(analysis.fit, found, most), found.responses
    names, groups = _models(analysis, found)
    which = worst.pop("which").to_numpy()
    model = responses.model[which]
    about = {
        "release": names[model],
        "group": groups[model],
        "benchmark": responses.benchmarks[responses.benchmark[which]],
        "observed": responses.score[which],
    }
    rows = pd.DataFrame(about).join(worst).assign(source=responses.source[which])
    return table_of(analysis, rows, places={"tail": 5})


def information_table(analysis: Analysis, along: Information) -> pd.DataFrame:
    """Information of results on all benchmarks along the scale: the rows of ``information.csv``.

    Returns
    -------
    Rows ``scale``, evenly spaced capabilities; ``best``, each group's best on the first and on the
    last day of the window; ``peak``, where the information is highest. ``level`` in points (of
    ``best`` and ``peak`` a posterior median with 90 % interval), ``information`` there in 1 /
    points^2, and ``error``, the standard error in points that a model with a result on every
    benchmark has, both posterior medians with 90 % intervals; ``months``, the median error as a
    time: divided by the mean slope of the leader's trend over the window.
    """
    window, names = analysis.measured.window, analysis.fit.observations.releases.group_names
    rows: list[dict[str, Any]] = [{"what": SCALE, "level": along.scale}]
    on_scale, pace = along.of_all(along.scale), _pace(analysis)
    for day, text in zip(window.days[[0, -1]], (window.since, window.as_of), strict=True):
        best = along.best(int(day))
        for g, name in enumerate(names):
            if np.isfinite(best[:, g]).all():
                about = {"what": BEST, "group": name, "date": text.isoformat()}
                rows.append({**about, **_drawn("level", best[:, [g]])})
    peak = along.scale[on_scale.argmax(-1)]
    rows.append({"what": PEAK, **_drawn("level", peak[:, None])})
    parts = []
    for row in rows:
        levels = row["level"]
        known = on_scale if row["what"] == SCALE else along.of_all(levels)
        of = _drawn("information", known) | _drawn("error", 1 / np.sqrt(known))
        parts.append(pd.DataFrame({**row, **of, "months": of["error"] / pace}))
    table = pd.concat(parts, ignore_index=True).reindex(columns=_INFORMATION)
    places = {name: 5 for name in _INFORMATION if name.startswith(INFORMATION)}
    return table_of(analysis, table.fillna({"group": "", "date": ""}), places=places)


def _pace(analysis: Analysis) -> float:
    """Points a month by which the leader's trend rises on average over the window, median."""
    fit, days = analysis.fit, analysis.measured.window.days[[0, -1]]
    ends = curve(fit.spec.trend, fit.trend_inputs, days, fit.observations.reference, LEADER)
    months = (days[1] - days[0]) / DAYS_PER_MONTH
    return float(np.median(ends[..., 1] - ends[..., 0]) / months)


def _drawn(name: str, draws: np.ndarray) -> dict[str, np.ndarray]:
    """Median and 90 % interval of draws ``(draw, row)``, by column."""
    low, middle, high = np.quantile(draws, _MIDDLE, axis=0)
    return {name: middle, f"{name}_lower90": low, f"{name}_upper90": high}


def _outfit_columns(found: FitOf) -> Mapping[str, np.ndarray]:
    low, high = np.quantile(found.outfit, tails(OUTER), axis=0)
    of = found.outfit.mean(0)
    return {"results": found.results, "outfit": of, "lower90": low, "upper90": high, "p": found.p}


def _worst_first(rows: pd.DataFrame, p: np.ndarray) -> pd.DataFrame:
    """Rows by p-value, the smallest first, those without one last."""
    return rows.iloc[np.argsort(p, kind="stable")].reset_index(drop=True)


def _curve_words(residual: np.ndarray) -> str:
    """At which end a benchmark's results leave its curve furthest, and on which side."""
    if not np.isfinite(residual).all():
        return "too few results"
    k = int(np.abs(residual).argmax())
    side = "above" if residual[k] > 0 else "below"
    which = ("weakest", "middle", "strongest")[k]
    return f"{which} third {side} the curve"


def _models(analysis: Analysis, found: Scored) -> tuple[np.ndarray, np.ndarray]:
    """Name and group of every model with results, releases first."""
    r, others = analysis.fit.observations.releases, found.responses.others
    groups = np.asarray(r.group_names)[r.group]
    return (
        np.concatenate([r.model, others]),
        np.concatenate([groups, np.full(len(others), NEITHER)]),
    )


def fit_sentences(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the tables of one fit by stem say; those that it does not have say nothing."""
    found: list[str] = []
    if NO_SHORTFALL in tables:
        for row in tables[NO_SHORTFALL].to_dict("records"):
            found += [_shortfall_sentence(row), *_skewness_sentences(row)]
    if ITEM_FIT in tables and PERSON_FIT in tables:
        found += _fit_sentences(tables[ITEM_FIT], tables[PERSON_FIT])
    if WORST in tables and len(tables[WORST]):
        found.append(_worst_sentence(tables[WORST].to_dict("records")[0]))
    if INFORMATION in tables:
        found += _information_sentences(tables[INFORMATION])
    return found


def chance_of_none(row: Row) -> str:
    """The probability of no shortfall, 'at most' before it where it is only bounded."""
    if not _known(row, "probability"):
        return "not to be had: the prior of the shortfall has no density at zero"
    words = probability_words(float(row["probability"]))
    bounded = str(row["bounded"]) == "True" and not words.startswith("<")
    return f"at most {words}" if bounded else words


def _shortfall_sentence(row: Row) -> str:
    error = f", Monte Carlo error {float(row['mcse']):.2g}" if _known(row, "mcse") else ""
    bounded = str(row.get("bounded")) == "True"
    few = " (too few draws come near zero to say more)" if bounded else ""
    middle = figure(float(row["median"]), error_of(row))
    return (
        f"{row['group']}: a release falls short of the frontier by {middle} {row['unit']} on "
        f"average ({INTERVAL_WORDS} {span(row)}). Probability that no release "
        f"falls short at all, at even odds before the data: {chance_of_none(row)}{error}{few}"
        f"{stamp(converged(row))}."
    )


def _skewness_sentences(row: Row) -> Iterator[str]:
    if not _known(row, "skewness"):
        return
    p = probability_words(float(row["skewness_p"]))
    yield (
        f"{row['group']}: the skewness of the residuals around the trend is {_one(row, 'skewness')}"
        f" ({OUTER:.0%} sampling interval {_span(row, 'skewness')}); shortfalls make it negative, "
        f"and without them it would be as low with probability {p}{stamp(converged(row))}."
    )
    if str(row["wrong_sign"]) == "True":
        yield (
            f"{row['group']}: that is the WRONG SIGN for a frontier with shortfalls. With a "
            "half-normal shortfall the likelihood has a local maximum at no shortfall then "
            "(Waldman 1982), so that what is said of shortfalls here rests on the prior."
        )


def _fit_sentences(items: pd.DataFrame, persons: pd.DataFrame) -> Iterator[str]:
    results = int(items["results"].sum())
    yield (
        f"{results:,} results of {len(persons)} models on {len(items)} benchmarks"
        f"{stamp(converged(items.iloc[0].to_dict()))}."
    )
    for table, name, column, words in (
        (items, "benchmark", "p", "Benchmarks whose results scatter more than the model says"),
        (items, "benchmark", "shape_p", "Benchmarks whose results do not follow their curve"),
        (persons, "release", "p", "Models whose results are more uneven than the model says"),
    ):
        worst = table[table[column] < EXTREME].sort_values(column, kind="stable")
        names = ", ".join(map(str, worst[name][:NAMED]))
        more = f" and {len(worst) - NAMED} more" if len(worst) > NAMED else ""
        yield f"{words} (p < {EXTREME:g}): {f'{names}{more}' if names else 'none'}."


def _worst_sentence(row: Row) -> str:
    observed, expected = expected_score(row)
    return (
        f"The result that fits worst: {row['release']} on {row['benchmark']} has {observed} %, and "
        f"the model expects {expected}; source: {row['source']}{stamp(converged(row))}."
    )


def expected_score(row: Row) -> tuple[str, str]:
    """A result, and what the model expects with the interval of a replicated one, in percent."""
    observed, expected, low, high = (
        figure(100 * float(row[name]), 0.3)
        for name in ("observed", "expected", "lower90", "upper90")
    )
    return observed, f"{expected} ({joined_span(low, high)})"


def p_words(value: float) -> str:
    """A p-value with two decimals, or a dash where there is none."""
    return "–" if pd.isna(value) else probability_words(float(value))


def _information_sentences(table: pd.DataFrame) -> Iterator[str]:
    for row in rows_where(table, what=PEAK):
        yield (
            "With a result on every benchmark, the capability of a model would be known best at "
            f"{_one(row, 'level')} points ({_span(row, 'level')}), with a standard error of "
            f"{_one(row, 'error')} ({_months(row)}){stamp(converged(row))}."
        )
    parts = [
        f"{row['group']} on {row['date']} (best at {_one(row, 'level')}, {_span(row, 'level')}): "
        f"{_one(row, 'error')} ({_span(row, 'error')}; {_months(row)})"
        for row in rows_where(table, what=BEST)
    ]
    if parts:
        yield f"The same standard error where the frontiers are, points: {'. '.join(parts)}."


def _months(row: Row) -> str:
    """A standard error as a time."""
    return f"{_one(row, 'months')} months of the leader's trend"


def _one(row: Row, name: str) -> str:
    """A number without a Monte Carlo error, with one decimal."""
    return figure(float(row[name]), float("nan"))


def _span(row: Row, name: str) -> str:
    return joined_span(_one(row, f"{name}_lower90"), _one(row, f"{name}_upper90"))


def _known(row: Row, name: str) -> bool:
    return pd.notna(row.get(name))
