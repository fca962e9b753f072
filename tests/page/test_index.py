"""The index page: the main answer first, all answers newest first, titles that tell cards apart."""

import json
import re
import shutil

import pandas as pd
import pytest

from frontierlag.dates import WORDS
from frontierlag.report.page.answers import (
    differences,
    distinct_titles,
    forest,
    headline,
    newest_first,
)
from frontierlag.report.page.build import write_tree
from frontierlag.report.page.folder import read_results, results_below


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
