"""Every kind of table that people have: read right or refused in words, never wrong in silence."""

from __future__ import annotations

import numpy as np
import pytest
from clothes import Case, accuracies, base, cases, falling_free, numbers, written

from frontierlag.errors import ScoresError
from frontierlag.scores import Releases, load_scores, parse_comparison, releases

CASES = cases()


def _scaled(by):
    return written(numbers(by))


def _arms():
    """Intervals of 95 % from 5 below to 4 above, as the Arena's cells in that case say."""
    rows = base()
    for row in rows:
        score = float(row["score"])
        row["low"] = repr(score - 5 * 1.6448536269514722 / 1.959963984540054)
        row["high"] = repr(score + 4 * 1.6448536269514722 / 1.959963984540054)
    return written(rows)


LIKE = {
    "base": written(base()),
    "no intervals": written(falling_free(base())),
    "times 100": _scaled(lambda x: f"{x * 100:.0f}"),
    "elo": _scaled(lambda x: f"{(x - 70) * 18 + 300:.0f}"),
    "no intervals and moved": written(falling_free(numbers(lambda x: f"{x - 200:.2f}"))),
    "arena": _arms(),
    "accuracy": written(accuracies()),
    "log2": written(falling_free(numbers(lambda x: f"{x / 10 - 8:.9f}"))),
}


def compared(folder, content: bytes, name: str = "table.csv", **options) -> Releases:
    path = folder / name
    path.write_bytes(content)
    return releases(load_scores(path, **options), parse_comparison("us-china"))


def same(one: Releases, other: Releases, digits: float = 0.0) -> bool:
    """Whether two sets of releases give a model the same numbers."""
    return (
        np.array_equal(one.group, other.group)
        and np.array_equal(one.day, other.day)
        and all(
            np.allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=digits)
            for name in ("score", "stderr", "stderr_low", "stderr_high")
        )
    )


@pytest.fixture(scope="module")
def references(tmp_path_factory) -> dict[str, Releases]:
    folder = tmp_path_factory.mktemp("like")
    return {name: compared(folder, text.encode()) for name, text in LIKE.items()}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_right_or_refused_in_words(case: Case, tmp_path, references):
    path = tmp_path / case.file
    path.write_bytes(case.content)
    if case.refused:
        with pytest.raises(ScoresError) as caught:
            load_scores(path, case.options)
        for words in case.refused:
            assert words in str(caught.value)
        return
    table = load_scores(path, case.options)
    found = releases(table, parse_comparison(case.comparison))
    said = " ".join(finding.text for finding in table.reading.of("wrong", "check"))
    for words in case.warned:
        assert words in said
    notes = " ".join(finding.text for finding in table.reading.of("note"))
    for words in case.noted:
        assert words in notes
    if not case.warned:
        assert not said
    if case.same:
        assert same(found, references[case.like], case.digits)
    else:
        assert not same(found, references[case.like], case.digits)


def test_every_kind_is_there_and_counted():
    refused = sum(bool(case.refused) for case in CASES)
    warned = sum(bool(case.warned) for case in CASES)
    assert len({case.name for case in CASES}) == len(CASES)
    assert (refused, warned, len(CASES) - refused - warned) == (41, 16, 49)
