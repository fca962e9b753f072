"""The registry of reference tables against the files that come with the package."""

from __future__ import annotations

import re
from datetime import date
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from frontierlag.cli import options
from frontierlag.errors import ScoresError
from frontierlag.scores import BadRowsError, load_scores, reference_names
from frontierlag.scores.item_results import load_results, result_names
from frontierlag.scores.registry import read_registry, registry
from frontierlag.scores.scale import METRICS

DATA = resources.files("frontierlag.scores") / "data"
# Tables of this project's own about the reference tables.
BESIDE = {
    "resolutions.csv",
    "result_sources.csv",
    "date_corrections.csv",
    "benchmarks.csv",
    "same_models.csv",
}
ARCHIVE = registry().archive


def csv_files() -> set[str]:
    folder = Path(str(DATA))
    return {str(p.relative_to(folder).as_posix()) for p in folder.rglob("*.csv")}


def test_every_file_is_listed_once_and_every_listed_file_is_there():
    listed = [table.file for table in registry().tables]
    assert len(listed) == len(set(listed))
    assert set(listed) == csv_files() - BESIDE


def test_names_are_unique_and_say_the_vintage():
    names = [table.name for table in registry().tables]
    assert len(names) == len(set(names))
    for table in registry().tables:
        assert table.name.endswith(str(table.vintage))
        assert table.metric in METRICS
        assert table.source.is_file()


def test_the_archive_is_27_days_of_the_index_each_as_of_its_copy():
    assert len(ARCHIVE) == 27
    days = [table.vintage for table in ARCHIVE]
    assert days == sorted(days)
    assert (days[0], days[-1]) == (date(2025, 12, 24), date(2026, 8, 19))
    assert all(t.as_of == t.vintage and t.kind == "scores" and not t.main for t in ARCHIVE)


def test_who_reads_the_registry():
    known = registry()
    assert reference_names() == [t.name for t in known.of("scores")]
    assert result_names() == [t.name for t in known.of("results")]
    assert known.roles.scores == options.DEFAULT_SCORES
    assert known.roles.results == options.DEFAULT_RESULTS
    assert known.find("eci-results-2026-08-11", "scores") is None
    assert known.before("eci-2026-08-11") == "eci-2025-12-19"
    assert known.before("eci-2025-12-19") == known.before("my-table") == ""
    table = load_scores("eci-2026-08-19")
    assert load_results(known.roles.results).attribution.startswith(table.attribution)


def test_main_job():
    assert registry().main_jobs() == (
        ("eci-2025-12-19", "us-china", ""),
        ("eci-2025-12-19", "closed-open", ""),
        ("eci-2026-08-11", "us-china", ""),
        ("eci-2026-08-11", "closed-open", ""),
        ("eci-2026-08-11", "us-china", "eci-results-2026-08-11"),
        ("frontiermath-2026-01-17", "us-china", ""),
        ("gpqa-diamond-2026-01-17", "us-china", ""),
    )


@pytest.mark.parametrize("entry", ARCHIVE, ids=lambda entry: str(entry.vintage))
def test_every_vintage_loads_or_is_refused_as_the_registry_says(entry):
    if entry.note.startswith("refused"):
        with pytest.raises(BadRowsError) as refused:
            load_scores(entry.name)
        problems = refused.value.problems
        assert {p.column for p in problems} == {"low/high/stderr"}
        assert entry.note.startswith(f"refused: {len(problems)} scores")
        return
    table = load_scores(entry.name)
    assert (table.name, table.vintage, table.as_of) == (entry.name, entry.vintage, entry.as_of)
    frame = table.frame
    assert not table.left_out
    assert not frame["model"].duplicated().any()
    assert frame["released"].max().date() <= entry.as_of
    assert not frame[["country", "weights", "organization"]].eq("").any(axis=None)
    scores = frame.set_index("model")["score"]
    assert (scores["Claude 3.5 Sonnet"], scores["GPT-5"]) == (130, 150)
    # A scale that is pinned at the anchors gives them no error.
    free = frame.loc[frame["model"].isin(["Claude 3.5 Sonnet", "GPT-5"]), "stderr"].gt(0)
    assert free.all() == free.any() == entry.note.startswith("standard errors are not")


def test_notes_on_repeated_and_thinned_vintages():
    notes = {str(t.vintage): t.note for t in ARCHIVE}
    models = {day: _models(day) for day in notes}
    days = list(notes)
    for before, now in pairwise(days):
        same = _frame(before).equals(_frame(now))
        assert (notes[now] == f"the same rows as {before}") == same
    assert len(models["2026-02-07"] - models["2026-03-10"]) == 23
    back = (models["2026-02-07"] - models["2026-03-10"]) & models["2026-04-29"]
    assert notes["2026-03-10"].endswith(f"{len(back)} of them back on 2026-04-29")


def test_note_on_errors_that_grew_from_one_day_to_the_next():
    before, now = (_frame(day).set_index("model") for day in ("2026-05-08", "2026-05-09"))
    both = before.join(now, how="inner", suffixes=("_before", "")).drop(
        ["GPT-5", "Claude 3.5 Sonnet"]
    )
    both = both[["score", "score_before", "stderr", "stderr_before"]].astype(float)
    ratio = (both["stderr"] / both["stderr_before"]).median()
    (note,) = [t.note for t in ARCHIVE if str(t.vintage) == "2026-05-09"]
    assert note.startswith(f"standard errors are {ratio:.2f} times those of the day before")
    assert (both["score"] - both["score_before"]).abs().median() < 0.05


def _frame(day: str) -> pd.DataFrame:
    return pd.read_csv(str(DATA / "vintages" / f"eci_{day}.csv"), dtype=str)


def _models(day: str) -> set[str]:
    return set(_frame(day)["model"])


def test_attribution_file_names_every_main_table_and_the_archive():
    text = (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for table in registry().tables:
        if not table.archived:
            assert f"| `{table.file}` | `{table.name}` |" in text
    assert f"stood on {len(ARCHIVE)} days" in text


def test_names_in_docs_examples_and_makefile_are_known():
    root = Path(__file__).parents[2]
    known = {t.name for t in registry().tables}
    files = [*root.glob("docs/**/*.md"), root / "Makefile", *root.glob("models/*.py")]
    named = re.compile(
        r"\b(?:eci|eci-results|frontiermath|gpqa-diamond|metr-time-horizons(?:-v1\.1)?)-20\d\d-\d\d-\d\d\b"
    )
    found = {name for f in files for name in named.findall(f.read_text(encoding="utf-8"))}
    assert "eci-2026-08-11" in found
    assert found <= known


TEXT = """
[roles]
scores = "a"
results = "r"
published = "a"
accuracy = "a"
[[table]]
name = "a"
file = "a.csv"
kind = "scores"
metric = "ECI"
vintage = 2026-01-01
as_of = 2026-01-02
what = "a table"
comparisons = ["us-china"]
main = ["us-china"]
attribution = "X"
[[table]]
name = "r"
file = "r.csv"
kind = "results"
metric = "ECI"
vintage = 2026-01-01
as_of = 2026-01-01
what = "results"
scores = "a"
comparisons = ["us-china"]
attribution = "X"
[archive]
name = "a-{day}"
file = "v/{day}.csv"
kind = "scores"
metric = "ECI"
what = "as of {day}"
comparisons = ["us-china"]
attribution = "X"
[archive.vintages]
2026-03-01 = ""
2026-02-01 = "a remark"
[attributions]
X = "credit to X"
"""


def test_a_vintage_is_one_line():
    found = read_registry(TEXT)
    first, second = found.archive
    assert (first.name, first.file, first.what) == ("a-2026-02-01", "v/2026-02-01.csv",
                                                    "as of 2026-02-01")  # fmt: skip
    assert (first.as_of, first.note, second.note) == (date(2026, 2, 1), "a remark", "")
    assert first.attribution == "credit to X"
    assert found.main_jobs() == (("a", "us-china", ""),)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('name = "r"\n', 'name = "a"\n', "listed twice: a"),
        ('scores = "a"\nresults', 'scores = "b"\nresults', "no such table: b"),
        ('main = ["us-china"]', 'main = ["closed-open"]', "does not allow"),
        ("as_of = 2026-01-02", "as_of = 2025-01-02", "before its vintage"),
        ("as_of = 2026-01-02", "as_of = 2026-01-02\nended = true", "has ended, but is as of"),
        ('what = "results"\nscores = "a"', 'what = "results"', "name their score table"),
        ("[attributions]", "[other]", "no 'attributions'"),
        ("2026-03-01 =", "2026-13-01 =", "inconsistent"),
        ('what = "a table"', 'what = "a table"\nunknown = 1', "unknown"),
    ],
)
def test_a_registry_at_odds_with_itself_is_refused(before, after, words):
    assert TEXT.count(before) == 1
    with pytest.raises(ScoresError, match=words):
        read_registry(TEXT.replace(before, after))
