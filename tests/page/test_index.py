"""The index page: the main answer first, all answers newest first, titles that tell cards apart."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from commands import here
from committed import committed_results

from frontierlag.dates import WORDS
from frontierlag.errors import NOT_CONVERGED, ResultsError
from frontierlag.report.page.build import write_tree
from frontierlag.report.page.folder import read_results, results_below
from frontierlag.report.page.index import (
    differences,
    distinct_titles,
    forest,
    headline,
    newest_first,
)
from frontierlag.report.page.studies import studies_below


def changed(folder, to, manifest, median):
    """A copy of a results folder with another manifest and another mean lag."""
    shutil.copytree(folder, to)
    path = to / "manifest.json"
    found = json.loads(path.read_text())
    for key, part in manifest.items():
        found[key] |= part
    path.write_text(json.dumps(found))
    lags = pd.read_csv(to / "lags.csv", dtype={"period": str})
    rows = (lags["lag"] == "realized") & (lags["period"] == "window")
    lags.loc[rows, "median"] = median
    lags.to_csv(to / "lags.csv", index=False)


@pytest.fixture
def tree(bare_folder, tmp_path):
    """Four results that differ in one thing each."""
    root = tmp_path / "results"
    old = {"data": {"name": "eci-2025-12-19"}, "window": {"as_of": "2026-01-02"}}
    released = {"convention": "released", "words": "release dates"}
    joint = {"results": {"name": "r", "sha256": "0", "results": 1, "models": 1, "benchmarks": 1,
                         "excluded": []}}  # fmt: skip
    changed(bare_folder, root / "old" / "us-china", old, 5.9)
    changed(bare_folder, root / "new" / "us-china", {"data": {"dates": released}}, 6.1)
    published = {"convention": "as-published", "words": "dates as published"}
    apart = root / "new" / "us-china-dates-as-published"
    changed(bare_folder, apart, {"data": {"dates": published}}, 6.8)
    changed(bare_folder, root / "new" / "us-china-joint", {"data": joint | {"dates": released}}, 7)
    return root


def found(tree):
    return newest_first([read_results(path) for path in results_below(tree)])


def test_the_newest_comes_first_and_the_main_answer_leads(tree):
    ordered = found(tree)
    assert [one.as_of for one in ordered] == sorted((o.as_of for o in ordered), reverse=True)
    assert headline(ordered).folder == tree / "new" / "us-china-joint"
    assert headline([one for one in ordered if one.folder.parent.name == "old"]).dataset == (
        "eci-2025-12-19"
    )


def test_titles_are_distinct_and_rows_say_what_differs(tree):
    ordered = found(tree)
    titles = distinct_titles(ordered)
    assert len(set(titles)) == len(titles) == 4
    common, apart = differences(ordered)
    assert common == ["since 24 June 2023"]
    assert len({tuple(own) for own in apart}) == 4
    drawn = forest(tree, ordered)
    assert [bar.note for bar in drawn.bars] == [" · ".join(own) for own in apart]
    assert [bar.base for bar in drawn.bars].count(True) == 1
    medians = {bar.href.removesuffix("/report.html"): bar.values[2] for bar in drawn.bars}
    assert medians["new/us-china"] == 6.1
    assert medians["old/us-china"] == 5.9


def test_two_of_one_kind_are_told_apart_by_their_folder(tree):
    shutil.copytree(tree / "old" / "us-china", tree / "old" / "again")
    titles = distinct_titles(found(tree))
    assert len(set(titles)) == len(titles) == 5


def test_the_page_names_its_dates_and_the_answer_by_others(tree):
    write_tree(tree)
    html = (tree / "new" / "us-china" / "report.html").read_text(encoding="utf-8")
    short = re.sub("<[^>]+>", "", html.partition("</section>")[0])
    assert WORDS["released"] in short
    assert "as published: 6.8 (" in short
    index = (tree / "index.html").read_text(encoding="utf-8")
    first, _, rest = index.partition('<h2 id="all">')
    assert "7.0 months" in re.sub("<[^>]+>", "", first)
    assert rest.count('class="entry"') == 4


STUDIES = {
    "eci-2026-08-11/league-maker": "By maker, OpenAI has the best model",
    "measures/us-china": "By a typical measure China trails USA by",
    "eci-2026-08-11/us-china-joint/domains": "months in mathematics",
    "history/us-china": "China behind USA, mean realized lag over the same days",
}


@pytest.fixture
def with_studies(tree):
    """The tree with the committed studies beside it."""
    for place in STUDIES:
        shutil.copytree(
            committed_results() / place, tree / place, ignore=shutil.ignore_patterns("figures")
        )
    (tree / "eci-2026-08-11" / "league-maker" / "report.html").write_text("a page", "utf-8")
    return tree


def test_leagues_measures_domains_and_vintages_are_listed_with_headline_and_link(with_studies):
    write_tree(with_studies)
    index = (with_studies / "index.html").read_text(encoding="utf-8")
    listed = index.partition('id="studies"')[2].partition("</main>")[0]
    cards = re.findall(
        '<h3><a href="([^"]+)">([^<]+)</a></h3>\n<p class="small">([^<]+)</p>', listed
    )
    assert [Path(href).parent.as_posix() for href, *_ in cards] == list(STUDIES)
    for (href, title, answer), words in zip(cards, STUDIES.values(), strict=True):
        assert (with_studies / href).is_file()
        assert words in answer
        assert not title.startswith("#")
    # A league's own page, where it was made, else the words.
    assert [Path(href).name for href, *_ in cards] == [
        "report.html", "measures.md", "domains.md", "history.md",
    ]  # fmt: skip
    assert "Time horizons measured by METR" in index.partition("</main>")[2]
    shutil.rmtree(with_studies / "measures")
    write_tree(with_studies)
    assert "By a typical measure" not in (with_studies / "index.html").read_text(encoding="utf-8")


def test_a_tree_without_studies_has_no_heading_for_them(tree):
    write_tree(tree)
    assert 'id="studies"' not in (tree / "index.html").read_text(encoding="utf-8")


def test_what_only_looks_like_a_study_is_not_listed_and_a_broken_one_is_named(with_studies):
    kept = with_studies / "updates"  # `frontierlag update` keeps a history.csv and no study
    kept.mkdir()
    (kept / "history.csv").write_text("fetched\n", "utf-8")
    assert len(studies_below(with_studies)) == len(STUDIES)
    words = with_studies / "history" / "us-china" / "history.md"
    words.write_text("# History", "utf-8")
    with pytest.raises(ResultsError, match="run the study again"):
        studies_below(with_studies)


def test_a_study_that_did_not_converge_says_so_in_its_answer(with_studies):
    words = with_studies / "eci-2026-08-11" / "league-maker" / "league.md"
    text = words.read_text(encoding="utf-8").replace(" maker).", " maker). NOT CONVERGED.", 1)
    words.write_text(text, encoding="utf-8")
    manifest = words.with_name("manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"converged": False}))
    done = here("report", with_studies)
    assert done.returncode == NOT_CONVERGED
    assert f"{words.parent}: NOT CONVERGED" in done.stdout.splitlines()
    index = (with_studies / "index.html").read_text(encoding="utf-8")
    assert "NOT CONVERGED" in index.partition('id="studies"')[2].partition("</main>")[0]
