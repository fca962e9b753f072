"""What the page says, and that it says what is missing or failed."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frontierlag.claims import ARTICLE
from frontierlag.claims.article import claimed
from frontierlag.cli import main
from frontierlag.errors import ResultsError
from frontierlag.report.page.answers import answer, now, years
from frontierlag.report.page.build import DOCS, LIMIT, docs, write_page, write_tree
from frontierlag.report.page.evidence import equivalence
from frontierlag.report.page.folder import read_results
from frontierlag.report.page.forest import Bar, coded, percent, scaled
from frontierlag.report.page.plots import lag_plot
from frontierlag.results import last_day
from frontierlag.words import figure, median, probability_words

pytestmark = pytest.mark.xdist_group("linear-records")
ROOT = Path(__file__).parents[2]
EVIL = "<script>alert(1)</script><b>Model</b> & 'x' \"y\" %{customdata}"


def text_of(html: str) -> str:
    """The words that a reader sees, without script, style and data."""

    class Words(HTMLParser):
        quiet = 0
        words: list[str]

        def handle_starttag(self, tag, attrs):
            self.quiet += tag in ("script", "style")

        def handle_endtag(self, tag):
            self.quiet -= tag in ("script", "style")

        def handle_data(self, data):
            if not self.quiet:
                self.words.append(data)

    reader = Words()
    reader.words = []
    reader.feed(html)
    return re.sub(r"\s+", " ", "".join(reader.words))


def made(folder):
    return write_page(folder)[0].read_text(encoding="utf-8")


def row_of(folder, stem, **wanted):
    table = pd.read_csv(folder / f"{stem}.csv", dtype={"period": str})
    for name, value in wanted.items():
        table = table[table[name] == value]
    return table.iloc[0]


def test_the_answer_is_the_headline_row_of_the_tables(folder):
    words = text_of(made(folder))
    mean = row_of(folder, "lags", model="linear-stochastic", lag="realized", period="window")
    assert f"{mean['median']:.1f} months" in words
    assert f"{mean['lower90']:.1f} to {mean['upper90']:.1f}" in words
    day = last_day.read_last_day(
        pd.read_csv(folder / "last_day.csv").query("model == 'linear-stochastic'")
    )
    assert last_day.spikes_words(day) in words
    assert last_day.sentence(day, "the USA", "China", "2026-08-11")[1:] in words


def test_sections_stand_in_their_order(folder):
    html = made(folder)
    short, _, rest = html.partition("</section>")
    order = [short.index(mark) for mark in ('id="answer"', 'id="frontier"', 'id="rungs"', "Share")]
    assert order == sorted(order)
    ids = re.findall(r'<details class="part" id="([a-z-]+)">', rest)
    assert ids == [
        "records", "through-time", "years", "changes", "today", "claims", "specification",
        "meaning", "models", "calibration", "diagnostics", "data", "methods", "cite",
    ]  # fmt: skip
    assert "CC BY 4.0" in text_of(html)
    assert len(html.encode()) < LIMIT


def test_pages_of_unchanged_tables_are_left_as_they_are(folder, tmp_path):
    root = tmp_path / "results"
    shutil.copytree(folder, root / "a", ignore=shutil.ignore_patterns("*.nc", "*.html"))
    target, _ = write_tree(root)
    page = root / "a" / "report.html"
    before = [path.stat().st_mtime_ns for path in (target, page)]
    assert write_tree(root)[1][0].dataset == read_results(folder).dataset
    assert [path.stat().st_mtime_ns for path in (target, page)] == before
    table = root / "a" / "velocity.csv"
    table.write_text(table.read_text().replace("linear-stochastic", "linear-other"))
    write_tree(root)
    assert min(path.stat().st_mtime_ns for path in (target, page)) > max(before)


def test_velocity_and_equivalence_are_those_of_the_tables(folder):
    html = made(folder)
    own = text_of(html[html.index('id="changes"') : html.index('id="today"')])
    for row in (
        pd.read_csv(folder / "velocity.csv")
        .query("model == 'linear-stochastic'")
        .to_dict("records")
    ):
        assert probability_words(row["narrowing"]) in own
        assert median(row) in own
    table = pd.read_csv(folder / "equivalence.csv")
    rows = table.query("model == 'linear-stochastic' and period == 'window'").to_dict("records")
    first, other = (figure(row["months"], row["mcse"]) for row in rows)
    assert [row["threshold"] for row in rows] == [0.95, 0.5]
    told, *_ = equivalence(read_results(folder))
    assert (told["sure"], told["even"]) == (first, other)
    assert f"{told['period']}{first}{other}" in own


def test_every_claim_and_every_row_left_out_is_there(folder):
    words = text_of(made(folder))
    for claim in pd.read_csv(folder / "claims.csv")["claim"]:
        assert claim in words
    left = json.loads((folder / "manifest.json").read_text())["data"]["left_out"]["rows"]
    for row in left:
        assert re.search(rf"\b{row['row']}\b.{{,9}}{re.escape(row['model'])}", words)
        assert row["reason"] in words


def test_calibration_shows_the_realized_lag_of_every_world(folder):
    home = folder.parent / "calibration"
    home.mkdir()
    base = {"world": "base", "estimator": "linear-stochastic", "period": "window", "n": 500}
    numbers = {"failed": 2, "cover90": 0.9, "cover90_low": 0.87, "cover90_high": 0.93}
    numbers |= {"width": 2.125, "bias": -0.1, "rmse": 0.6, "rmse_ratio": 0.7}
    rows = [base | numbers | {"lag": lag} for lag in ("realized", "trend")]
    rows.append({"world": "broken", "estimator": "linear-records", "n": 0, "failed": 9})
    pd.DataFrame(rows).to_csv(home / "calibration.csv", index=False)
    words = text_of(made(folder))
    assert words.count("87 % to 93 %") == 1  # the trend lag is not the question here
    assert re.search(r"broken *linear-records *0 *9 *– *– to –", words)


def test_the_range_that_is_drawn_for_a_year_is_the_one_the_claim_is_judged_on(folder):
    drawn = {bar.label[:4]: bar.claimed for bar in years(read_results(folder)).bars}
    for number, year in (("4a", "2023"), ("4b", "2024"), ("4c", "2025")):
        (claim,) = [c for c in ARTICLE if c.number == number]
        assert (claim.ask.kind, claim.ask.period) == ("realized", year)
        assert drawn[year] == (claim.ask.low, claim.ask.high)
    assert drawn["2025"] == (6.0, 8.0)
    assert drawn["2026"] is None
    # Claim 10 speaks of another table's window, claim 2 of the index's.
    assert claimed("realized", "window").said == "7"


def test_markup_in_a_table_is_text(folder):
    for stem, column in (
        ("capabilities", "release"),
        ("capabilities", "organization"),
        ("claims", "claim"),
    ):
        table = pd.read_csv(folder / f"{stem}.csv")
        at = table["score"].idxmax() if stem == "capabilities" else table.index[-1]
        table.loc[at, column] = EVIL
        table.to_csv(folder / f"{stem}.csv", index=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["data"]["left_out"]["rows"].append({"row": 1, "model": EVIL, "reason": EVIL})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    html = made(folder)
    assert "<script>alert" not in html
    assert EVIL in text_of(html)
    data = re.search(r'<script type="application/json" id="charts">(.*?)</script>', html, re.S)
    drawn = json.loads(data[1])
    hovers = [t for trace in drawn["frontier"]["traces"] for t in trace.get("text", [])]
    assert any("&lt;script&gt;alert(1)" in t for t in hovers)
    assert not any("<script" in t for t in hovers)


def test_a_folder_without_posteriors_says_what_is_missing(bare_folder):
    words = text_of(made(bare_folder))
    results = read_results(bare_folder)
    assert lag_plot(results) is None
    assert now(results) is None
    assert len(results.table("releases")) == 205  # read again from the table of the same content
    assert results.missing
    assert all(sentence.replace("`", "") in words for sentence in results.missing)


def test_releases_of_another_table_are_not_drawn(bare_folder):
    manifest = json.loads((bare_folder / "manifest.json").read_text())
    manifest["data"]["sha256"] = "0" * 64
    (bare_folder / "manifest.json").write_text(json.dumps(manifest))
    results = read_results(bare_folder)
    assert results.table("releases").empty
    assert results.missing[-1] in text_of(made(bare_folder))


def test_what_did_not_converge_is_stamped_wherever_it_stands(folder, capsys):
    for stem in ("lags", "ladder", "diagnostics", "now", "claims"):
        table = pd.read_csv(folder / f"{stem}.csv", dtype={"period": str})
        table.loc[table["model"] == "linear-stochastic", "converged"] = False
        table.to_csv(folder / f"{stem}.csv", index=False)
    with pytest.raises(SystemExit) as stop:
        main(["report", str(folder)])
    assert stop.value.code == 1
    assert "NOT CONVERGED: linear-stochastic" in capsys.readouterr().out
    html = (folder / "report.html").read_text(encoding="utf-8")
    answer = re.search(r'<p class="answer" id="answer">(.*?)</p>', html, re.S)[1]
    assert "NOT CONVERGED" in answer
    assert "NOT CONVERGED" in re.search(r'id="verdict">(.*?)</p>', html, re.S)[1]
    for rung in re.findall(r'<div class="rung( first)?"><h3>(.*?)</h3>', html):
        assert (
            "NOT CONVERGED" in rung[1]
            or "record" in rung[1]
            or "On the last day" in rung[1]
            or ("Aged" in rung[1])
        )
    claimed = pd.read_csv(folder / "claims.csv")
    stamped = claimed[claimed["converged"] == False]  # noqa: E712
    body = html[html.index('id="claims"') : html.index('id="specification"')]
    assert body.count("NOT CONVERGED") == len(stamped) > 0
    models = html[html.index("Mean realized lag</h3>", html.index('id="models"')) :]
    row = models[: models.index("</figure>")].split('<div class="row')[1:]
    for one in row[:-1]:
        assert ("NOT CONVERGED" in one) == (
            "linear-stochastic</div>" in one or (">linear-stochastic <span" in one)
        )
    assert "linear-stochastic (NOT CONVERGED)" in html  # in the charts' choice of models
    cite = html[html.index('id="cite"') :]
    assert "NOT CONVERGED" in cite


def test_a_converged_folder_has_no_stamp_and_passes(folder, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["report", str(folder)])
    assert stop.value.code == 0
    assert "NOT CONVERGED" not in text_of((folder / "report.html").read_text(encoding="utf-8"))
    assert "written to" in capsys.readouterr().out


def test_a_tree_gets_an_index_with_links_that_lead_there(folder):
    root = folder.parent
    target, found = write_tree(root)
    html = target.read_text(encoding="utf-8")
    assert [r.folder for r in found] == [folder]
    links = re.findall(r'<h3><a href="([^"]+)">', html)
    assert [(root / link).is_file() for link in links] == [True]


def test_the_same_folder_gives_the_same_page(folder):
    assert made(folder) == made(folder)


def test_a_wrong_folder_is_one_sentence(tmp_path, capsys):
    for arguments in (
        [str(tmp_path / "none")],
        [str(tmp_path)],
        [str(tmp_path), "--out", str(tmp_path / "x.html")],
    ):
        with pytest.raises(SystemExit) as stop:
            main(["report", *arguments])
        assert stop.value.code == 2
        text = capsys.readouterr().err
        assert text.startswith("frontierlag: ")
        assert "Traceback" not in text


def test_a_damaged_table_is_refused_and_the_last_page_kept(folder):
    before = made(folder)
    lags = pd.read_csv(folder / "lags.csv").drop(columns="median")
    lags.to_csv(folder / "lags.csv", index=False)
    with pytest.raises(ResultsError):
        write_page(folder)
    assert (folder / "report.html").read_text(encoding="utf-8") == before


def test_a_model_may_be_named_na(folder):
    table = pd.read_csv(folder / "capabilities.csv")
    table.loc[table["score"].idxmax(), "release"] = "NA"
    table.to_csv(folder / "capabilities.csv", index=False)
    assert "<td>NA</td>" in made(folder)


def test_a_folder_without_the_last_day_says_so(folder):
    (folder / "last_day.csv").unlink()
    words, results = text_of(made(folder)), read_results(folder)
    assert answer(results)["today"]["chances"] == ""
    for sentence in (*results.missing, answer(results)["today"]["words"]):
        assert sentence.replace("`", "") in words


def test_figures_have_no_more_digits_than_the_error_supports():
    assert figure(6.849, 0.008) == "6.8"
    assert figure(6.849, 0.06) == "7"
    assert figure(6.849, float("nan")) == "6.8"
    assert figure(-0.04, 0.001) == "0.0"
    assert figure(float("nan"), 0.1) == "none"
    assert [percent(x) for x in (0.0, 0.004, 0.37, float("nan"))] == [
        "never", "less than 1 %", "37 %", "none",
    ]  # fmt: skip


def test_bars_stand_at_their_share_of_the_scale():
    row = Bar("a", "", (2.0, 3.0, 4.0, 5.0, 10.0), claimed=(4.0, 8.0))
    found = scaled([row, Bar("b", "", (0.0, 1.0, 2.0, 3.0, 4.0))], line=5.0)
    (low, first), (high, last) = found.ticks[0], found.ticks[-1]
    assert (float(low), first, last) == (0.0, 0.0, 100.0)
    width = float(high)
    assert found.bars[0].places == pytest.approx([100 * v / width for v in row.values], abs=0.01)
    assert found.bars[0].claimed_places == pytest.approx([400 / width, 800 / width], abs=0.01)
    assert found.line == pytest.approx(500 / width, abs=0.01)
    assert scaled([Bar("c", "", (float("nan"),) * 5)]) is None


def test_methods_link_to_the_docs_that_are_there(tmp_path):
    assert [page for page in DOCS.values() if not (ROOT / "docs" / f"{page}.md").is_file()] == []
    folder = tmp_path / "results" / "a"
    for path in (folder, tmp_path / "docs" / "_build" / "html"):
        path.mkdir(parents=True)
    assert {d["href"] for d in docs(folder)} == {""}
    for path in ("index.md", "lags.md", "glossary.md", "_build/html/glossary.html"):
        (tmp_path / "docs" / path).write_text("")
    found = {d["href"] for d in docs(folder)}
    assert found == {"", "../../docs/lags.md", "../../docs/_build/html/glossary.html"}


def test_code_in_a_sentence_is_code_and_everything_else_is_escaped():
    assert coded("`a <b>` & `run`") == "<code>a &lt;b&gt;</code> &amp; <code>run</code>"
    assert coded("a lone ` <b>") == "a lone ` &lt;b&gt;"


def test_of_benchmark_results_the_page_says_so(folder):
    table = pd.read_csv(folder / "capabilities.csv")
    table = table.assign(
        results=5, median=table["score"], lower90=table["score"] - 1, upper90=table["score"] + 1
    )
    before = text_of(made(folder))
    table.to_csv(folder / "capabilities.csv", index=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    left = {"kind": "model", "name": "Lone", "results": 1, "reason": "too few"}
    manifest["data"]["results"] = {
        **{"name": "mine", "sha256": "abc", "results": 2000, "models": 210, "benchmarks": 50},
        "excluded": [left],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    words = text_of(made(folder))
    results = read_results(folder)
    assert results.measured
    assert results.reads == "results"
    for part in ("mine", "2000 results", "210 models", "50 benchmarks", "Lone", "too few"):
        assert part in words
    for part in ("posterior median", "published score"):
        assert (words.count(part) > before.count(part)) == (part == "posterior median")
    assert "from benchmark results" in text_of(write_tree(folder.parent)[0].read_text())


def test_what_fits_worst_is_told_of_the_headline_model_and_marked(folder):
    """Rows of the tables that a run writes, of two models; the other one is not told."""
    assert 'id="fit"' not in made(folder)  # an earlier run has no such tables
    about = {"model": "linear-stochastic", "converged": False}
    ends = {"lower90": 4.0, "upper90": 8.0, "mcse_mean": 0.01}
    result = {"observed": 0.604, "expected": 0.23, "lower90": 0.131, "upper90": 0.338}
    rows = {
        "shortfalls": {"release": EVIL, "group": "USA", "released": "2026-01-02", "median": 2.34,
                       **ends, "unit": "points"},
        "no_shortfall": {"group": "China", "median": 6.04, **ends, "unit": "points",
                         "probability": 0.02, "mcse": np.nan, "bounded": True, "skewness": 0.31,
                         "skewness_lower90": -0.2, "skewness_upper90": 0.8, "skewness_p": 0.9,
                         "wrong_sign": True},
        "item_fit": {"benchmark": EVIL, "results": 21, "outfit": 1.57, "p": 0.003,
                     "shape_p": np.nan, "direction": "too few results"},
        "person_fit": {"release": "Uneven-1", "results": 9, "outfit": 3.27, "p": 0.002,
                       "direction": "more uneven", "most_surprising": "Winogrande"},
        "worst_results": {"release": "Sonnet-X", "benchmark": "ARC", **result, "source": EVIL},
    }  # fmt: skip
    for stem, row in rows.items():
        other = {**row, **about, "model": "linear-records", "release": "Of another model"}
        pd.DataFrame([{**row, **about}, other]).to_csv(folder / f"{stem}.csv", index=False)
    html = made(folder)
    part = html[html.index('id="fit"') : html.index('id="data"')]
    words = text_of(part)
    for said in (
        "falls short of the frontier by 6.0 points on average", "at most 0.02", "WRONG SIGN",
        "(p < 0.01): <script>alert(1)</script>", "Uneven-1", "above all on Winogrande",
        "Sonnet-X", "23 (13 to 34)", "2.3", "4.0 to 8.0", "NOT CONVERGED",
    ):  # fmt: skip
        assert said in words, said
    assert "Of another model" not in words
    assert "<script>alert" not in part
    assert re.findall(r'class="part" id="([a-z-]+)"', html)[-4:] == [
        "fit", "data", "methods", "cite",
    ]  # fmt: skip
