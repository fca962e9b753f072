"""Citations: from tables alone, with every caveat, safe in LaTeX, never of a bad fit unasked."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from committed import committed_results

from frontierlag.cli import main
from frontierlag.errors import ResultsError, SpecError
from frontierlag.report.cite import FORMATS, choose, cite, read_estimates
from frontierlag.report.cite.latex import citation_file, escape, macro_name
from frontierlag.report.cite.words import days
from frontierlag.results.last_day import sentence, sentence_chinese
from frontierlag.scores import ATTRIBUTION

ROOT = Path(__file__).parents[1]
HEAD = (
    "dataset,comparison,as_of,model,lag,period,mean,median,lower50,upper50,lower90,upper90,mcse_mean,mcse_median,"
    "undefined,censored,converged"
)


def line(model="linear-stochastic", lag="realized", period="window", **change):
    numbers = {
        "mean": 6.848, "median": 6.844, "lower50": 6.4, "upper50": 7.2, "lower90": 5.84,
        "upper90": 7.881, "mcse_mean": 0.5, "mcse_median": 0.008,
        "undefined": 0.0, "censored": 0.065, "converged": True,
    } | change  # fmt: skip
    start = f"eci-test,us-china,2026-08-11,{model},{lag},{period},"
    return start + ",".join(str(v) for v in numbers.values())


def folder(tmp_path, *lines, ladder=(), **data):
    """A results folder with these rows and no posterior."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "lags.csv").write_text("\n".join([HEAD, *lines]) + "\n")
    (out / "ladder.csv").write_text("\n".join([HEAD, *ladder]) + "\n")
    manifest = {
        "data": {
            "name": "eci-test", "vintage": "2026-08-10", "sha256": "ab" * 32,
            "metric": {"name": "ECI"}, "attribution": ATTRIBUTION,
        } | data,
        "comparison": {
            "name": "us-china", "leader": "USA", "follower": "China", "column": "country",
        },
        "window": {"since": "2023-06-24", "as_of": "2026-08-11"},
        "intervals": {"kind": "equal-tailed", "probabilities": [0.5, 0.9]},
        "headline": "linear-stochastic",
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest))
    return out


def one(tmp_path, form="text", **change):
    made = folder(tmp_path, line(**change))
    return cite(choose(read_estimates(made), "all", "all", "all"), form)


def test_the_sentence_says_all_that_a_citation_needs_in_both_languages(tmp_path):
    english, chinese, credit = one(tmp_path).split("\n\n")
    told = [
        *("6.8 months", "5.8 to 7.9", "90% equal-tailed interval", "posterior median"),
        *("realized lag", "linear-stochastic", "Epoch AI", "eci-test", "vintage 2026-08-10"),
        *("as of 2026-08-11", "2023-06-24", "on 6% of the days", "of China", "of the USA"),
    ]
    assert [part for part in told if part not in english] == []
    told = [
        *("6.8 个月", "5.8 至 7.9", "90% 等尾区间", "后验中位数", "实际滞后（realized lag）"),
        *("linear-stochastic", "Epoch AI", "eci-test", "数据版本 2026-08-10"),
        *("截至 2026-08-11", "2023-06-24", "6% 的日子里", "中国", "美国"),
    ]
    assert [part for part in told if part not in chinese] == []
    assert credit == ATTRIBUTION
    assert "at least" not in english
    assert "CONVERGED" not in english


def test_what_was_fitted_in_place_of_scores_is_named_in_every_format(tmp_path):
    made = folder(tmp_path, line(), results={"name": "results-test", "sha256": "cd" * 32})
    found = choose(read_estimates(made), "all", "all", "all")
    assert found[0].source.fitted == "benchmark results results-test"
    for text in (*cite(found).split("\n\n")[:2], *(cite(found, form) for form in FORMATS)):
        assert "results-test" in text
        assert "eci-test" in text
    assert "cd" * 32 in cite(found, "bibtex")
    assert "cd" * 32 in cite(found, "csv")


DAY = (
    "model,group,release,released,months,probability,censored,bracket,split,ahead,converged\n"
    "linear-stochastic,USA,A & B,2026-03-05,5.224,0.7,0.0,not passed,,False,True\n"
    "linear-stochastic,USA,C,2026-02-05,6.144,0.3,0.0,passed,,False,True\n"
)


def test_the_last_day_is_told_by_releases_in_every_format(tmp_path):
    row = line(period="current", median=5.224, lower90=5.224, upper90=5.224, censored=0)
    made = folder(tmp_path, row)
    with pytest.raises(ResultsError, match=r"last_day.csv has none for linear-stochastic; run"):
        choose(read_estimates(made), "realized", "current", None)
    (made / "last_day.csv").write_text(DAY)
    found = choose(read_estimates(made), "realized", "current", None)
    (day,) = (e.day for e in found)
    assert [(s.releases, s.probability) for s in day.spikes] == [(("A & B",), 0.7), (("C",), 0.3)]
    assert (day.passed, day.not_passed) == ("C (2026-02-05)", "A & B (2026-03-05)")
    english, chinese, _ = cite(found).split("\n\n")
    assert sentence(day, "the USA", "China", "2026-08-11")[1:] in english
    assert sentence_chinese(day, "美国", "中国", "2026-08-11") in chinese
    for form in FORMATS[:-1]:
        text = cite(found, form)
        assert "5.2 to 5.2" not in text
        assert "5.2 至 5.2" not in text
        assert "0.70" in text
    assert r"A \& B" in cite(found, "macros")
    assert "LowerS" not in cite(found, "macros")
    assert "Lower}" not in cite(found, "macros")


@pytest.mark.parametrize("name", ["NA", "None", "null", "nan"])
def test_a_release_may_have_a_name_that_means_missing_elsewhere(tmp_path, name):
    row = line(period="current", median=5.224, lower90=5.224, upper90=5.224, censored=0)
    made = folder(tmp_path, row)
    (made / "last_day.csv").write_text(DAY.replace("A & B", name))
    (found,) = choose(read_estimates(made), "realized", "current", None)
    assert found.day.spikes[0].releases == (name,)
    assert found.day.not_passed == f"{name} (2026-03-05)"


def test_an_interval_of_one_value_is_no_range(tmp_path):
    row = line(period="minimum", median=1.5, lower90=1.5, upper90=1.5, censored=0)
    (found,) = read_estimates(folder(tmp_path, row))
    assert found.one_value
    told = cite([found])
    assert "interval" not in told
    assert "区间" not in told
    assert "90% of the draws" in told


def test_draws_without_a_lag_stand_in_the_tables(tmp_path):
    made = folder(tmp_path, line(undefined=0.24))
    found = choose(read_estimates(made), "all", "all", "all")
    assert r"6\% & 24\% \\" in cite(found, "latex")
    assert cite(found, "markdown").count("| 24% |") == 1


@pytest.mark.parametrize(
    ("error", "shown"), [(0.008, "6.8"), (0.049, "6.8"), (0.06, "7"), (2.0, "7")]
)
def test_digits_follow_the_monte_carlo_error(tmp_path, error, shown):
    (row,) = csv.DictReader(io.StringIO(one(tmp_path, "csv", mcse_median=error)))
    assert row["shown"] == shown


@pytest.mark.parametrize(("lag", "at_least"), [("realized", True), ("trend", False)])
def test_a_mostly_censored_lag_is_at_least_and_a_trend_s_is_read_outside_the_data(
    tmp_path, lag, at_least
):
    (found,) = read_estimates(folder(tmp_path, line(lag=lag, period="2023", censored=0.82)))
    assert found.at_least is at_least
    assert days(found) == ("2023-06-24", "2023-12-31")
    text = cite([found])
    assert ("at least 6.8" in text) is at_least
    assert ("至少 6.8" in text) is at_least
    assert "82%" in text


def test_a_negative_end_is_explained_and_a_minus_survives_latex(tmp_path):
    made = read_estimates(folder(tmp_path, line(median=0.4, lower90=-1.62)))
    for part in ("-1.6 to 7.9", "negative", "负值"):
        assert part in cite(made)
    assert r"\ensuremath{-}1.6 to 7.9" in cite(made, "macros")


def test_a_lag_that_exists_in_no_draw_is_said_to_be_undefined(tmp_path):
    made = read_estimates(
        folder(
            tmp_path,
            line(
                mean="",
                median="",
                lower90="",
                upper90="",
                mcse_mean="",
                mcse_median="",
                undefined=1.0,
            ),
        )
    )
    assert not made[0].defined
    assert "100% of the draws" in cite(made)
    for form in FORMATS:
        assert "nan" not in cite(made, form)


def test_lag_at_release_comes_from_the_ladder(tmp_path):
    rung = line(lag="release", median=5.6, lower90=4.7, upper90=6.5)
    made = folder(tmp_path, line(), ladder=[line(), rung])
    found = choose(read_estimates(made), "release", "window", None)
    assert [(e.lag, e.median) for e in found] == [("release", 5.6)]
    assert "5.6 months" in cite(found)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("vertical", "window", None), "no lag 'vertical'.*realized"),
        (("realized", "2019", None), "no period '2019'.*window"),
        (("realized", "window", "cubic"), "no model 'cubic'.*linear-stochastic"),
        (("release", "current", None), "period window only"),
    ],
)
def test_what_is_not_in_the_tables_is_refused_with_what_is(tmp_path, asked, words):
    made = folder(tmp_path, line(), line(period="current"), ladder=[line(lag="release")])
    with pytest.raises(SpecError, match=words):
        choose(read_estimates(made), *asked)


def test_macros_have_names_of_letters_and_values_of_the_table(tmp_path):
    made = folder(tmp_path, line(), line(period="2025"), line(model="stacked-stochastic"))
    text = cite(read_estimates(made), "macros")
    defined = dict(re.findall(r"^\\newcommand\{\\([^}]*)\}\{(.*)\}$", text, flags=re.M))
    assert len(defined) == 15
    assert all(re.fullmatch("[A-Za-z]+", name) for name in defined)
    assert defined["lagUsChinaRealizedTwoZeroTwoFiveLinearStochasticMedian"] == "6.8"
    assert defined["lagUsChinaRealizedWindowStackedStochasticMonths"] == (
        r"6.8 months (90\% equal-tailed interval 5.8 to 7.9)"
    )
    assert all(unescaped_braces_balance(value) for value in defined.values())
    with pytest.raises(SpecError, match="letters only"):
        cite(read_estimates(made), "macros", prefix="lag2")


def unescaped_braces_balance(text):
    depth = 0
    for brace in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


HOSTILE = '50%_&#$~^{}\\<script>`|*"\n\\end{document}'


def test_hostile_names_are_text_in_latex_and_markdown(tmp_path):
    made = read_estimates(folder(tmp_path, line(), name=HOSTILE, attribution=f"Data: {HOSTILE}."))
    for form in ("latex", "macros", "bibtex"):
        text = cite(made, form)
        assert r"\end{document}" not in re.sub("^%.*$", "", text, flags=re.M)
        assert unescaped_braces_balance(re.sub("^%.*$", "", text, flags=re.M))
        uncommented = re.sub("^%.*$", "", text, flags=re.M)
        assert not re.search(r"(?<!\\)%", uncommented)
        assert not re.search(r"(?<!\\)[#$_]", re.sub(r"url = \{.*", "", uncommented))
    assert "<script>" not in cite(made, "markdown")
    assert cite(made, "csv").count("\n") > 1  # the line end inside the quoted cell is kept


def test_escape_gives_back_every_character():
    assert escape("100% of {a_b} & \\c") == r"100\% of \{a\_b\} \& \textbackslash{}c"
    assert escape("China 中国, é") == "China 中国, é"


def test_csv_holds_the_table_s_own_numbers(tmp_path):
    (row,) = csv.DictReader(io.StringIO(one(tmp_path, "csv")))
    assert (row["median"], row["lower"], row["upper"]) == ("6.844", "5.84", "7.881")
    assert (row["shown"], row["shown_lower"], row["shown_upper"]) == ("6.8", "5.8", "7.9")
    assert row["interval_kind"] == "equal-tailed"
    assert row["probability"] == "0.9"
    assert row["vintage"] == "2026-08-10"
    assert "CC BY 4.0" in row["attribution"]


def test_bibtex_cites_the_data_and_this_software(tmp_path):
    data, software = one(tmp_path, "bibtex").split("\n\n")
    assert "author = {{Epoch AI}}" in data
    assert "CC BY 4.0" in data
    assert "ab" * 32 in data
    assert citation_file()["version"] in software
    assert unescaped_braces_balance(data + software)


def test_somebody_s_own_table_is_not_credited_to_epoch(tmp_path):
    made = read_estimates(folder(tmp_path, line(), attribution="Data: mine.csv.", vintage=None))
    for form in FORMATS:
        assert "Epoch" not in cite(made, form).split("@software")[0]
    assert "vintage" not in cite(made)


@pytest.mark.parametrize("form", ["latex", "markdown"])
@pytest.mark.parametrize(("share", "told"), [(0.004, "less than 1"), (0.063, "6"), (0.0, None)])
def test_a_small_share_of_bounds_is_not_told_as_none(tmp_path, form, share, told):
    made = cite(read_estimates(folder(tmp_path, line(censored=share))), form)
    last = [row for row in made.splitlines() if "5.8 to 7.9" in row][-1]
    cell = {"latex": "--", "markdown": "never"}[form] if told is None else told
    assert re.search(rf"[|&] {cell}\W", last)


def test_the_citation_file_of_the_package_is_that_of_the_project():
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert told == citation_file()
    assert told["version"] == metadata.version("frontierlag")


def test_a_wheel_holds_every_file_of_the_package(tmp_path):
    """The citation, the tables and what the page is made of, not the programs alone."""
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    source = tmp_path / "src" / "frontierlag"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "frontierlag", source, ignore=ignored)
    command = [*("wheel", "--quiet", "--no-deps", "--no-build-isolation"), "--wheel-dir"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *command, tmp_path / "wheels", tmp_path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheels").iterdir()
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(source.parent).as_posix() for path in source.rglob("*") if path.is_file()
    }
    assert {"frontierlag/CITATION.cff", "frontierlag/report/page/page.js"} <= wanted
    assert wanted <= held


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["cite", *map(str, arguments)])
    return ended.value.code, *capsys.readouterr()


def test_an_unconverged_fit_is_refused_with_exit_code_1_unless_allowed(tmp_path, capsys):
    made = folder(tmp_path, line(converged=False), line(model="linear-records"))
    code, out, err = run(capsys, made)
    assert (code, out) == (1, "")
    assert "linear-stochastic" in err
    for form in ("text", "latex", "macros", "markdown"):
        code, out, err = run(capsys, made, "--allow-unconverged", "--format", form)
        assert code == 1
        assert "NOT CONVERGED" in out
    assert "未收敛" in run(capsys, made, "--allow-unconverged")[1]
    code, out, err = run(capsys, made, "--model", "linear-records")
    assert (code, err) == (0, "")
    assert "CONVERGED" not in out


def test_a_folder_that_is_no_results_folder(tmp_path):
    with pytest.raises(ResultsError, match=r"does not exist.*frontierlag run"):
        read_estimates(tmp_path / "nowhere")
    with pytest.raises(ResultsError, match=r"no manifest\.json"):
        read_estimates(tmp_path)
    made = folder(tmp_path, line())
    (tmp_path / "tree" / "eci").mkdir(parents=True)
    shutil.copytree(made, tmp_path / "tree" / "eci" / "us-china")
    with pytest.raises(ResultsError, match="one of the folders in it: eci/us-china"):
        read_estimates(tmp_path / "tree")
    (made / "lags.csv").write_text("model,lag\na,b\n")
    with pytest.raises(ResultsError, match="no column dataset"):
        read_estimates(made)
    (made / "manifest.json").write_text("{")
    with pytest.raises(ResultsError, match="cannot be read"):
        read_estimates(made)
    (made / "manifest.json").write_text("{}")
    with pytest.raises(ResultsError, match="lacks 'data'"):
        read_estimates(made)


def test_the_committed_results_can_all_be_cited():
    for manifest in sorted(committed_results().glob("eci-*/*/manifest.json")):
        if "comparison" not in json.loads(manifest.read_text("utf-8")):
            continue  # a league, of many groups
        estimates = read_estimates(manifest.parent)
        for form in FORMATS:
            text = cite(estimates, form)
            assert "nan" not in re.sub(r"[A-Za-z]nan|nan[a-z]", "", text)
        names = [macro_name(e, "lag", "") for e in estimates]
        assert len(set(names)) == len(names)
