"""The pages: their Python runs, their commands parse, they name what there is, and they build."""

import ast
import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from committed import committed_results

from frontierlag import Job, ModelSpec, settings
from frontierlag.cli.app import app, modern
from frontierlag.frontiers import FRONTIERS
from frontierlag.lags.trend import trend_lag
from frontierlag.results.storage import store
from frontierlag.trends import TRENDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*(p for p in DOCS.rglob("*.md") if "_build" not in p.parts), *ROOT.glob("*.md")],
    key=lambda path: path.as_posix(),
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# As the README writes them: indented by four spaces below a blank line.
INDENTED = re.compile(r"(?<=\n\n)(?:    .*\n)+")
PROGRAMS = ("frontierlag", "make")


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def blocks(page, language):
    return [
        code for kind, code in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language
    ]


def shell_lines(page):
    text = page.read_text(encoding="utf-8")
    shown = blocks(page, "bash") + INDENTED.findall(FENCE.sub("", text))
    lines = (line.partition("#")[0].strip() for block in shown for line in block.splitlines())
    return [line for line in lines if line.split(" ")[0] in PROGRAMS]


# The README's own example is run by test_readme.py, beside the fits of the same model.
WITH_PYTHON = [page for page in PAGES if blocks(page, "python") and page.name != "README.md"]
COMMANDS = sorted({(name_of(page), line) for page in PAGES for line in shell_lines(page)})


@pytest.fixture
def few_draws(monkeypatch):
    """Samplers settings that a page leaves at their defaults are small ones."""
    small = {"draws": 200, "tune": 300}
    usual = settings.SamplerSettings.__init__

    def smaller(self, **given):
        usual(self, **(small | given))

    monkeypatch.setattr(settings.SamplerSettings, "__init__", smaller)


@pytest.fixture(scope="session")
def stored_posterior(records_analysis, tmp_path_factory):
    path = tmp_path_factory.mktemp("posterior") / "posterior.nc"
    store(records_analysis, path)
    return path


@pytest.mark.xdist_group("linear-records")
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_the_python_of_a_page_runs(page, few_draws, stored_posterior, tmp_path, monkeypatch):
    """All blocks of a page in their order, in one namespace, where a posterior.nc lies."""
    (tmp_path / "posterior.nc").hardlink_to(stored_posterior)
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": name_of(page)}
    for code in blocks(page, "python"):
        exec(compile(code, name_of(page), "exec"), namespace)


@pytest.mark.xdist_group("linear-records")
def test_the_script_opens_a_posterior_without_this_package(stored_posterior, tmp_path):
    script = DOCS / "open_a_posterior.py"
    nodes = [*ast.walk(ast.parse(script.read_text(encoding="utf-8")))]
    imported = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {"xarray", "arviz"} <= imported
    assert not any(name.startswith("frontierlag") for name in imported)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(stored_posterior)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    assert "model: linear-records" in done.stdout
    assert re.search(r"mean realized lag, months: median \d", done.stdout)
    assert "P(lag > 6 months) = " in done.stdout


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_on_a_page_is_one(page, line):
    """A command of the program parses as the program does; a target of make is in the Makefile."""
    program, *tokens = shlex.split(line)
    if program == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {t for t in tokens if "=" not in t} <= set(targets)
        return
    if tokens in (["--help"], ["--version"]):
        return
    tokens = tokens[: tokens.index(">")] if ">" in tokens else tokens
    app.parse_args(modern(tokens), exit_on_error=False, print_error=False)


def test_there_are_pages_with_code_and_with_commands():
    assert len(WITH_PYTHON) >= 5
    assert len(COMMANDS) >= 20


@pytest.mark.parametrize(
    ("page", "names"),
    [("trends", [*TRENDS]), ("frontiers", [*FRONTIERS])],
    ids=["trends", "frontiers"],
)
def test_every_model_is_on_its_page(page, names):
    text = (DOCS / "models" / f"{page}.md").read_text(encoding="utf-8").casefold()
    headings = " ".join(re.findall(r"^#+ (.*)", text, re.MULTILINE))
    for name in names:
        # Frontiers measured by joint draws have the parameters of those without.
        own = name.removesuffix("-draws")
        assert f"`{own}`" in text or own in headings, f"{name} is not on docs/models/{page}.md"


@pytest.fixture
def made(monkeypatch):
    """Import a module that makes what the pages show."""
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    return importlib.import_module


def test_the_calibration_page_says_what_its_table_says_or_that_there_is_none(made, tmp_path):
    shown = made("from_calibration").shown
    absent = shown(tmp_path)
    for name in ("calibration_verdicts", "calibration_realized", "calibration_too_narrow"):
        assert "`results/calibration` is not there" in absent[name]
    whole = {f"cover{level}": level / 100 for level in (50, 80, 95)}
    common = {"period": "window", "failed": 0, "not_converged": 2, "n": 100, "bias": -0.25}
    common |= {"rmse": 1.2, "width": 3.9, "cover90_se": 0.03, "rmse_ratio": 0.61, **whole}
    rows = [
        {"world": "base", "lag": "realized", "cover90": 0.85, **common},
        {"world": "base", "lag": "trend", "cover90": 0.93, **common},
        {"world": "skewed", "lag": "realized", "cover90": 0.81, **common},
    ]
    table = pd.DataFrame(rows).assign(estimator="linear-stochastic")
    point = {"world": "base", "estimator": "daily-points", "lag": "realized", "period": "window"}
    point |= {"failed": 0, "not_converged": 0, "n": 100, "bias": 0.1, "rmse": 1.97}
    (tmp_path / "calibration").mkdir()
    everything = pd.concat([table, pd.DataFrame([point])])
    everything.to_csv(tmp_path / "calibration" / "calibration.csv", index=False)
    found = shown(tmp_path)
    first = found["calibration_realized"].splitlines()[2]
    cells = [cell.strip() for cell in first.strip("|").split("|")]
    assert cells == ["base", "`linear-stochastic`", "100", "50.0%", "80.0%", "85.0% ± 3.0%",
                     "95.0%", "-0.25", "1.20", "0.61", "3.9", "2"]  # fmt: skip
    assert "| none |" in found["calibration_realized"].splitlines()[4]
    realized, trend, joint = found["calibration_too_narrow"].splitlines()
    # 0.85 misses what is wanted of the base world, 0.81 does what is wanted of the others.
    assert "too narrow in base (85.0%" in realized
    assert "skewed (" not in realized
    assert "too narrow in no world run" in trend
    assert "does not hold `linear-joint`" in joint


def test_priors_are_shown_as_the_models_have_them(made, eci_new):
    spec = ModelSpec.of("linear-stochastic", eci_new.metric)
    page = made("from_code").priors(spec, ["slope", "scatter"]).splitlines()
    for line, name in zip(page[2:], ("slope", "scatter"), strict=True):
        prior = {p.name: p.prior for p in spec.parameters}[name]
        assert f"`{prior.describe()}`" in line
        low, high = (float(x) for x in line.split("|")[5].split(" to "))
        draws = prior.draw(np.random.default_rng(0), (200_000,))
        assert np.mean((draws > low) & (draws < high)) == pytest.approx(0.9, abs=0.01)


def test_the_published_index_is_made_again_from_its_results(made, eci_new):
    module = made("from_index")
    found = module.index(module.PENALTY)
    assert len(found) == 222
    published = dict(zip(eci_new.model.tolist(), eci_new.score.tolist(), strict=True))
    assert max(abs(found[name] - score) for name, score in published.items()) < 0.3


def test_capabilities_are_set_against_the_published_index(made, eci_new):
    module = made("from_results")
    capabilities = pd.DataFrame(
        {"release": eci_new.model, "mean": eci_new.score + np.where(eci_new.score > 150, -2.0, 1.0)}
    ).assign(model=module.JOINT_HEADLINE)
    text = module._agreement(capabilities)
    assert f"Over {len(eci_new)} models" in text
    above = int((eci_new.score > 150).sum())
    assert f"| above 150 | {above} | -2.0 | 2.00 |" in text
    assert "| +1.0 | 1.00 |" in text


def test_the_joint_model_s_tables_are_shown_where_they_are(made, tmp_path):
    module = made("from_results")
    shown = made("blocks").or_note
    assert "capabilities.csv is missing" in shown(
        lambda: module._capabilities(module.read(tmp_path, *module.JOINT, "capabilities.csv"))
    )
    model = {"model": module.JOINT_HEADLINE, "mcse": 0.01, "converged": True}
    capabilities = pd.DataFrame(
        [
            {"release": "b", "group": "China", "released": "2026-07-01", "score": 157.02,
             "median": 157.4, "lower90": 156.0, "upper90": 159.1, "best_now": 0.98, **model},
            {"release": "a", "group": "neither group", "median": 158.3, "lower90": 157.0,
             "upper90": 160.0, **model},
        ]
    )  # fmt: skip
    first, second = module._capabilities(capabilities).splitlines()[2:]
    assert [x.strip() for x in first.split("|")][1:3] == ["a", "neither group"]
    assert "nan" not in first
    assert "| 157.0 | 157.4 (156.0 to 159.1) | 0.98 |" in second
    values = {"difficulty": 120.25, "discrimination": 0.1234, "noise": 0.0512}
    benchmarks = pd.DataFrame(
        [{"benchmark": "GPQA", "results": 90, "quantity": k, "median": v, **model}
         for k, v in values.items()]
    )  # fmt: skip
    (row,) = module._benchmarks(benchmarks).splitlines()[2:]
    assert row == "| GPQA | 90 | 120.2 | 0.123 | 0.051 |"


@pytest.mark.slow
def test_the_picture_shows_a_lag_that_the_posterior_holds(made):
    picture = made("picture")
    job = Job(picture.SCORES, picture.COMPARISON).prepare()
    spec = ModelSpec.of(picture.MODEL, job.table.metric)
    p = picture.posterior_mode(spec, job)
    last = job.window.days[-1:]
    reference = spec.observations(job.releases).reference
    first = int(job.releases.day[job.releases.of(0)].min())
    mode = float(trend_lag(spec.trend, p, last, reference, first, int(last[0]))[0][0])
    lags = pd.read_csv(committed_results() / picture.SCORES / picture.COMPARISON / "lags.csv")
    row = lags[(lags.model == picture.MODEL) & (lags.lag == "trend") & (lags.period == "current")]
    assert row["lower50"].item() < mode < row["upper50"].item()


@pytest.mark.slow
def test_the_pages_build_without_a_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d",
         str(tmp_path / "doctrees"), str(DOCS), str(tmp_path / "html")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "html").rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text(encoding="utf-8")
        # Nothing is fetched when a page is read: formulas are MathML, scripts lie beside it.
        assert not re.search(r"<(?:script|img)[^>]* src=\"https?:", text), page.name
        assert not re.search(r"<link[^>]* rel=\"stylesheet\"[^>]* href=\"https?:", text), page.name
        assert "{{" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL), page.name
    lags = (tmp_path / "html" / "lags.html").read_text(encoding="utf-8")
    assert "<math" in lags
    assert "two-lags.svg" in lags


def test_every_simulated_world_is_told_in_words_and_says_whether_it_was_run(made, tmp_path):
    worlds = made("worlds")
    designs = worlds.all_designs()
    told = {name: worlds.how(one) for name, one in designs.items()}
    assert len(set(told.values())) == len(designs)
    for words in told.values():
        assert words[0].isupper()
        assert words.endswith(".")
        assert not re.search(r"None|True|False|\w=|\(\d", words), words
    assert "2.5 times" in told["skewed"]
    assert "4 months" in told["wrong-dates"]
    assert "4 months" in told["matrices-wrong-dates"]
    folder = tmp_path / "calibration-some"
    folder.mkdir()
    pd.DataFrame({"world": ["base", "base"], "n": [20, 30]}).to_csv(
        folder / "calibration.csv", index=False
    )
    cells = [line.split(" | ") for line in worlds.worlds_table(tmp_path).splitlines()[2:]]
    assert {c[0].strip("| `"): c[-1].strip(" |") for c in cells} == {
        name: "30 times" if name == "base" else "not run" for name in designs
    }
