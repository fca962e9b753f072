"""What the tables of :mod:`frontierlag.results.fit_checks` say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from frontierlag.intervals import INTERVAL_KIND, OUTER
from frontierlag.results.fit_checks import (
    BEST,
    INFORMATION,
    ITEM_FIT,
    NO_SHORTFALL,
    PEAK,
    PERSON_FIT,
    WORST,
)
from frontierlag.words import (
    Row,
    converged,
    error_of,
    figure,
    joined_span,
    probability_words,
    span,
    stamp,
)

# A p-value below this is extreme, as in the posterior predictive checks.
EXTREME = 0.01
_NAMED = 5


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
    value = row.get("probability")
    if value is None or pd.isna(value):
        return "not to be had: the prior of the shortfall has no density at zero"
    words = probability_words(float(value))
    bounded = str(row["bounded"]) == "True" and not words.startswith("<")
    return f"at most {words}" if bounded else words


def _shortfall_sentence(row: Row) -> str:
    error = f", Monte Carlo error {float(row['mcse']):.2g}" if _known(row, "mcse") else ""
    bounded = str(row.get("bounded")) == "True"
    few = " (too few draws come near zero to say more)" if bounded else ""
    middle = figure(float(row["median"]), error_of(row))
    return (
        f"{row['group']}: a release falls short of the frontier by {middle} {row['unit']} on "
        f"average ({OUTER:.0%} {INTERVAL_KIND} interval {span(row)}). Probability that no release "
        f"falls short at all, at even odds before the data: {chance_of_none(row)}{error}{few}"
        f"{stamp(converged(row))}."
    )


def _skewness_sentences(row: Row) -> Iterator[str]:
    if not _known(row, "skewness"):
        return
    nan = float("nan")
    value, low, high = (
        figure(float(row[name]), nan)
        for name in ("skewness", "skewness_lower90", "skewness_upper90")
    )
    p = probability_words(float(row["skewness_p"]))
    yield (
        f"{row['group']}: the skewness of the residuals around the trend is {value} ({OUTER:.0%} "
        f"sampling interval {joined_span(low, high)}); shortfalls make it negative, and without "
        f"them it would be as low with probability {p}{stamp(converged(row))}."
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
        names = ", ".join(str(one) for one in worst[name][:_NAMED])
        more = f" and {len(worst) - _NAMED} more" if len(worst) > _NAMED else ""
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
        _percent(row[name]) for name in ("observed", "expected", "lower90", "upper90")
    )
    return observed, f"{expected} ({joined_span(low, high)})"


def p_words(value: object) -> str:
    """A p-value with two decimals, or a dash where there is none."""
    return "–" if pd.isna(value) else probability_words(float(str(value)))  # type: ignore[call-overload]


def _percent(value: object) -> str:
    return figure(100 * float(str(value)), 0.3)


def _information_sentences(table: pd.DataFrame) -> Iterator[str]:
    rows = table.to_dict("records")
    nan = float("nan")
    for row in (one for one in rows if one["what"] == PEAK):
        yield (
            "With a result on every benchmark, the capability of a model would be known best at "
            f"{figure(row['level'], nan)} points ({_span(row, 'level')}), with a standard error of "
            f"{figure(row['error'], nan)} ({_months(row)}){stamp(converged(row))}."
        )
    parts = [
        f"{row['group']} on {row['date']} (best at {figure(row['level'], nan)}, "
        f"{_span(row, 'level')}): "
        f"{figure(row['error'], nan)} ({_span(row, 'error')}; {_months(row)})"
        for row in rows
        if row["what"] == BEST
    ]
    if parts:
        yield f"The same standard error where the frontiers are, points: {'. '.join(parts)}."


def _months(row: Row) -> str:
    """A standard error as a time."""
    return f"{figure(row['months'], float('nan'))} months of the leader's trend"


def _span(row: Row, name: str) -> str:
    ends = (figure(row[f"{name}_{side}90"], float("nan")) for side in ("lower", "upper"))
    return joined_span(*ends)


def _known(row: Row, name: str) -> bool:
    value = row.get(name)
    return value is not None and not pd.isna(value)
