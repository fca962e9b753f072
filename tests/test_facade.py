"""The Python interface: what a notebook calls, and what it says when something is wrong."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

import frontierlag as fl
from frontierlag.facade.fits import priors_of
from frontierlag.jobs import Job
from frontierlag.model import ModelSpec
from frontierlag.names import CENSORED, VALUE

ROOT = Path(__file__).parents[1]
OWN = ROOT / "docs" / "examples" / "my-scores.csv"
MODELS = sorted((ROOT / "models").glob("*.py"))


@pytest.fixture
def fit(records_analysis):
    return fl.FittedModel.of(records_analysis)


def test_a_table_comes_from_a_name_a_path_and_a_dataframe():
    by_path = fl.load_scores(OWN)
    by_frame = fl.load_scores(pd.read_csv(OWN), name="my-scores")
    pd.testing.assert_frame_equal(by_path.frame, by_frame.frame)
    assert (by_path.name, by_frame.name) == ("my-scores", "my-scores")
    dated = pd.read_csv(OWN)
    dated["released"] = pd.to_datetime(dated["released"])
    pd.testing.assert_frame_equal(by_path.frame, fl.load_scores(dated).frame)
    indexed = fl.load_scores(dated.set_index("model"))
    assert indexed.frame["model"].tolist() == by_path.frame["model"].tolist()
    assert len(fl.load_scores("eci-2026-08-11").frame) == 222
    with pytest.raises(fl.FrontierLagError, match="no column"):
        fl.load_scores(pd.DataFrame({"model": ["a"], "released": ["2024-01-01"], "score": [1.0]}))


def test_a_pair_is_what_the_command_line_prepares():
    pair = fl.load_scores("eci-2026-08-11").compare("USA", "China", since="2023-07-01")
    same = Job("eci-2026-08-11", "us-china", date(2023, 7, 1)).prepare()
    assert pair.releases.model.tolist() == same.releases.model.tolist()
    assert (pair.window, pair.slug) == (same.window, same.slug)
    assert pair.frame["group"].value_counts().to_dict() == {"USA": 144, "China": 61}
    assert len(pair.left_out) == len(same.releases.left_out)
    stamp = fl.load_scores("eci-2026-08-11").compare(since=pd.Timestamp("2023-07-01 12:00"))
    assert stamp.window == pair.window
    assert all(part in repr(pair) for part in ("USA", "144", "China", "61"))


def test_a_table_is_read_as_its_user_says():
    frame = pd.read_csv(OWN).rename(columns={"score": "strength"})
    frame["elo"] = frame["strength"] * 10
    read = fl.load_scores(frame, columns={"score": "strength"})
    assert read.frame["score"].tolist() == fl.load_scores(OWN).frame["score"].tolist()
    with pytest.raises(fl.FrontierLagError, match=r"interval_level=95: .* there are column, "):
        fl.load_scores(frame, interval_level=95)
    with pytest.raises(fl.FrontierLagError, match=r"colum=.* there are column, "):
        fl.load_scores(frame, colum="strength")


def test_dates_are_those_that_were_asked_for():
    data = fl.load_scores("eci-2026-08-11")
    usual = data.compare()
    published = data.compare(dates="as-published")
    same = Job("eci-2026-08-11", dates="as-published").prepare()
    assert published.releases.day.tolist() == same.releases.day.tolist()
    assert published.releases.day.tolist() != usual.releases.day.tolist()
    again = fl.load_scores("eci-2026-08-11", dates="as-published").compare()
    assert again.releases.day.tolist() == same.releases.day.tolist()
    assert (usual.slug == published.slug) is False
    for call in (data.compare, lambda dates: fl.load_scores("eci-2026-08-11", dates=dates)):
        with pytest.raises(fl.FrontierLagError, match="no dates 'sold'; there are released"):
            call(dates="sold")


def test_a_pair_of_benchmark_results_gets_the_joint_model():
    data = fl.load_scores("eci-2026-08-11")
    pair = data.compare("USA", "China", results="eci-results-2026-08-11")
    assert pair.model() == "linear-joint"
    assert "linear-joint" in repr(pair)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"priors": {"slop": ("HalfNormal", 1)}}, "no parameter 'slop'.*level, slope, scatter"),
        ({"priors": {"slope": 3}}, "the prior of slope is 3; give a Prior"),
        ({"priors": {"slope": ("HalfNormal", 1, 2)}}, "takes sigma"),
        ({"priors": {"slope": ("Cauchy", 1)}}, "Families are Normal"),
        ({"priors": {"slope": {"sgma": 1}}}, "the prior of slope is not understood: sgma"),
        ({"priors": {"slope": {"sigma": -1}}}, "the prior of slope: the sigma .* must be positive"),
        ({"draws": 3}, "draws=3: .* greater than or equal to 100"),
        ({"model": "linear-joint"}, "fitted to benchmark results"),
        ({"model": "cubic"}, "there is no model 'cubic'"),
    ],
)
def test_what_cannot_be_fitted_is_refused_before_sampling(asked, says, monkeypatch):
    monkeypatch.setattr("frontierlag.facade.fits.analyse", lambda *_, **__: pytest.fail("sampled"))
    pair = fl.load_scores("eci-2026-08-11").compare()
    with pytest.raises(fl.FrontierLagError, match=says):
        fl.fit(pair, **({"model": "linear-records"} | asked))


def test_what_is_no_pair_or_no_day_is_refused():
    data = fl.load_scores("eci-2026-08-11")
    with pytest.raises(fl.FrontierLagError, match="got Scores; make them with load_scores"):
        fl.fit(data)
    with pytest.raises(fl.FrontierLagError, match="since is '24 June', which is no day"):
        data.compare(since="24 June")
    with pytest.raises(fl.FrontierLagError, match="Mars"):
        data.compare("USA", "Mars")


def test_priors_may_be_written_in_four_ways(eci_new):
    spec = ModelSpec.of("linear-records", eci_new.metric)
    default = {p.name: p.prior for p in spec.parameters}
    found = priors_of(
        {
            "slope": {"sigma": 8},
            "level": ("Normal", 130, 40),
            "scatter": {"family": "HalfNormal", "sigma": 5},
        },
        spec,
    )
    assert found["slope"] == default["slope"].model_copy(update={"sigma": 8.0})
    assert found["level"] == fl.Prior(family="Normal", mu=130, sigma=40)
    assert found["scatter"] == fl.Prior(family="HalfNormal", sigma=5)
    own = fl.Prior(family="HalfNormal", sigma=9)
    assert priors_of({"slope": own}, spec)["slope"] is own


def lag_of(values, censored):
    """A lag with these draws: what the summary reads, and nothing sampled."""
    dims = ("chain", "draw", "period")
    data = xr.Dataset({VALUE: (dims, values), CENSORED: (dims, censored)}, {"period": ["window"]})

    class Measured:
        lags = {"realized": data}  # noqa: RUF012

    class Fit:
        measured = Measured()

    return fl.Lag(Fit(), "realized")


def test_a_summary_is_that_of_the_draws():
    rng = np.random.default_rng(1)
    values = rng.normal(7, 1, (2, 500, 1))
    values[0, :50] = np.nan
    known = values[np.isfinite(values)]
    lag = lag_of(values, np.full(values.shape, 0.25))
    row = lag.summary((0.8,)).loc["window"]
    assert list(row.index) == ["mean", "median", "eti80_lb", "eti80_ub", "mcse_mean",
                               "mcse_median", "censored", "undefined"]  # fmt: skip
    assert row["mean"] == pytest.approx(known.mean())
    assert row["median"] == pytest.approx(np.median(known))
    assert (row["eti80_lb"], row["eti80_ub"]) == pytest.approx(np.quantile(known, (0.1, 0.9)))
    assert row["undefined"] == pytest.approx(0.05)
    assert row["censored"] == 0.25
    assert row["mcse_mean"] == pytest.approx(1 / np.sqrt(950), rel=0.3)
    more, less = lag.probability(lambda x: x > 7), lag.probability(lambda x: x <= 7)
    assert more == pytest.approx((known > 7).sum() / 1000)
    assert more + less == pytest.approx(0.95)
    with pytest.raises(fl.FrontierLagError, match="says for each whether it holds"):
        lag.probability(lambda x: x + 1)
    with pytest.raises(fl.FrontierLagError, match="there are window"):
        lag.probability(lambda x: x > 7, "2019")
    with pytest.raises(fl.FrontierLagError, match="probability 95 does not exist"):
        lag.summary((95,))


@pytest.mark.xdist_group("linear-records")
def test_a_fit_is_saved_and_loaded_without_loss(fit, tmp_path):
    path = fit.save(tmp_path / "x.nc")
    again = fl.load(str(path))
    for kind in fit.kinds:
        pd.testing.assert_frame_equal(again.lag(kind).summary(), fit.lag(kind).summary())
    assert again.converged is fit.converged
    assert repr(again) == repr(fit)
    summary = az.summary(again.tree, var_names=["slope"])
    assert list(summary.index) == ["slope[USA]", "slope[China]"]
    assert fit.summary().loc["realized", "median"] == fit.lag().summary().loc["window", "median"]
    with pytest.raises(fl.FrontierLagError, match="there is no lag 'best'; there are trend"):
        fit.lag("best")


@pytest.mark.xdist_group("linear-records")
def test_every_object_draws_and_shows_itself(fit):
    for figure, panels in (
        (fit.plot(), 1),
        (fit.lag("realized").plot(), 1),
        (fit.lag("trend").plot(), 1),
        (fit.lag("at release").plot(), 1),
        (fit.lag("realized").plot("2025"), 1),
    ):
        assert isinstance(figure, Figure)
        assert len(figure.axes) == panels
    data = fl.load_scores("eci-2026-08-11")
    for shown in (data, data.compare(), fit, fit.lag()):
        html = shown._repr_html_()
        assert html.startswith("<div><p><b>")
        assert "<table" in html
        assert len(repr(shown)) > 20
    assert repr(fit.lag()).startswith("<Lag China trails USA ")


@pytest.mark.xdist_group("linear-records")
def test_one_fit_is_no_comparison(fit):
    with pytest.raises(fl.FrontierLagError, match="at least two"):
        fl.compare([fit])


def test_no_module_hides_a_function_of_the_interface():
    """A module of the name of a function would replace it once it was imported."""
    modules = {found.name for found in pkgutil.iter_modules(fl.__path__)}
    assert not modules & set(fl.__all__)
    importlib.import_module("frontierlag.fits.fitting")
    assert callable(fl.fit)
    assert set(fl.__all__) == set(dir(fl))
    assert fl.__version__.count(".") == 2


def test_a_name_that_moved_still_works_and_says_where_it_is():
    for name, (home, _) in fl._MOVED.items():
        with pytest.warns(DeprecationWarning, match=f"frontierlag.{name} will not be found"):
            found = getattr(fl, name)
        assert found is getattr(importlib.import_module(f"frontierlag.{home}"), name)
    with pytest.raises(AttributeError, match="no attribute 'lags_of'"):
        fl.lags_of


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, frontierlag; print(sorted({'pymc', 'xarray', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("script", MODELS, ids=lambda path: path.stem)
def test_a_script_of_a_model_runs(script, tmp_path, capsys):
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(out=str(tmp_path), chains=2, draws=150, tune=200)
    name = script.stem.replace("_", "-")
    assert {p.name for p in tmp_path.iterdir()} == {f"{name}.nc", f"{name}.svg", f"{name}-lag.svg"}
    told = capsys.readouterr().out
    assert f"; {name}, eci-2026-08-11" in told
    stored = {p.name: p.prior for p in fl.load(tmp_path / f"{name}.nc").fit.spec.parameters}
    assert set(module.PRIORS) == set(stored)


@pytest.mark.parametrize(
    "asked",
    [
        lambda: fl.domains(
            fl.load_scores("eci-2026-08-11").compare(
                "USA", "China", results="eci-results-2026-08-11"
            ),
            draws=3,
        ),
        lambda: fl.measures(draws=3),
        lambda: fl.load_scores("eci-2026-08-11").league("country", draws=3),
    ],
    ids=["domains", "measures", "league"],
)
def test_too_few_draws_are_refused_before_anything_is_fitted(asked):
    with pytest.raises(fl.FrontierLagError, match="draws"):
        asked()
