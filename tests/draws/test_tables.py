"""Draws in: both layouts, what is refused, and how they join a score table."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from simulate_draws import (
    HIGH,
    LOW,
    N,
    bootstraps,
    names,
    pinned,
    published,
    schedule,
    table,
    write_json,
)

from frontierlag.cli.app import call
from frontierlag.errors import NOT_CONVERGED, DrawsError, SpecError
from frontierlag.fits.plain import PlainFit, build_plain, model_names, write_draws
from frontierlag.model import ModelSpec
from frontierlag.scores import Releases
from frontierlag.scores.bootstraps import load_draws, with_draws
from frontierlag.scores.item_results import MeasuredReleases, Responses, joined, load_results
from frontierlag.settings import SamplerSettings

DRAWS = 200


@pytest.fixture(scope="module")
def world():
    """Days, groups, published scores, and pinned draws around them."""
    rng = np.random.default_rng(1)
    day, group, capability, _ = schedule(rng)
    score = pinned(capability + rng.normal(size=N) * 1.5)
    own = rng.uniform(1, 3, N)
    draws = pinned(score + rng.normal(size=(DRAWS, N)) * own)
    return day, group, score, draws


@pytest.fixture
def releases(world):
    day, group, score, _ = world
    return published(day, group, score, 2.0)


def test_bootstraps_are_read_by_content_and_keep_names_ids_and_anchors(world, tmp_path):
    path = write_json(tmp_path / "boot.txt", bootstraps(world[3], names()))
    found = load_draws(path)
    assert found.layout == "epoch-eci-bootstraps"
    assert found.prior == "none"
    assert found.models.tolist() == names().tolist()
    assert found.other_names[0] == "id-0"
    assert found.pins == (LOW, HIGH)
    assert found.score == pytest.approx(world[3])
    assert found.independent == DRAWS
    assert "Epoch AI" in found.attribution
    assert found.notes == ()


@pytest.mark.parametrize(
    "anchors",
    [
        [list(LOW), list(HIGH)],
        [{"name": HIGH[0], "score": HIGH[1]}, {"name": LOW[0], "score": LOW[1]}],
        {"id-0": LOW[1], "id-1": HIGH[1]},
        {"low": {"model": LOW[0], "eci": LOW[1]}, "high": {"model": HIGH[0], "eci": HIGH[1]}},
    ],
    ids=["pairs", "objects", "ids", "nested"],
)
def test_anchors_are_read_in_the_forms_they_may_have(world, tmp_path, anchors):
    content = bootstraps(world[3], names(), anchors=anchors)
    assert load_draws(write_json(tmp_path / "b.json", content)).pins == (LOW, HIGH)


def test_anchors_that_are_not_understood_are_said_to_be(world, tmp_path):
    content = bootstraps(world[3], names(), anchors={"models": 7})
    found = load_draws(write_json(tmp_path / "b.json", content))
    assert found.pins == ()
    assert "anchors" in found.notes[0]


def broken(key, value):
    def change(content):
        content["model"][key] = value(content["model"][key])

    return change


def drop(*keys):
    def change(content):
        where = content
        for key in keys[:-1]:
            where = where[key]
        del where[keys[-1]]

    return change


def put(at, value):
    def change(content):
        draw, model = at
        content["model"]["capability_samples"][draw][model] = value

    return change


def cut(content):
    content["model"]["capability_samples"] = content["model"]["capability_samples"][:50]
    content["num_samples"] = 50


BAD = {
    "no model": (drop("model"), "no key 'model'"),
    "no number": (drop("num_samples"), "no key 'num_samples'"),
    "no samples": (
        drop("model", "capability_samples"),
        "no key 'capability_samples' under 'model'",
    ),
    "no names": (drop("model", "names"), "no key 'names' under 'model'"),
    "names of another length": (broken("names", lambda n: n[:-1]), f"but there are {N - 1} names"),
    "ids of another length": (broken("ids", lambda n: n[:-1]), f"'ids' under 'model' has {N - 1}"),
    "ragged": (
        broken("capability_samples", lambda s: [*s[:-1], s[-1][:-1]]),
        "rows of different length",
    ),
    "flat": (broken("capability_samples", lambda s: s[0]), "must be draws by models"),
    "text": (put((3, 4), "high"), "rows of different length or text"),
    "null": (put((3, 4), None), "1 score(s) that are no finite number, the first in draw 4"),
    "cut short": (broken("capability_samples", lambda s: s[:-1]), f"says num_samples {DRAWS}"),
    "few": (cut, "has 50 draw(s), and at least 100"),
    "twice": (broken("names", lambda n: [*n[:-1], n[5]]), f"names {names()[5]} more than once"),
    "all the same": (
        broken("capability_samples", lambda s: [s[0]] * len(s)),
        "all draws in b.json are the same",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_what_is_wrong(world, tmp_path, name):
    change, words = BAD[name]
    content = bootstraps(world[3], names())
    change(content)
    with pytest.raises(DrawsError, match=re.escape(words)):
        load_draws(write_json(tmp_path / "b.json", content))


def test_a_file_that_is_neither_is_refused(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("model,score\n")
    with pytest.raises(DrawsError, match="neither NetCDF nor a JSON object"):
        load_draws(path)
    path.write_text("{'model': ")
    with pytest.raises(DrawsError, match="not valid JSON"):
        load_draws(path)
    with pytest.raises(DrawsError, match="no file"):
        load_draws(tmp_path / "none.json")


# -- joining --------------------------------------------------------------------------------------


def test_releases_keep_published_scores_and_take_intervals_from_the_draws(world, releases):
    found = with_draws(table(world[3]), releases)
    assert found.model.tolist() == releases.model.tolist()
    assert found.score == pytest.approx(releases.score)
    at = [names().tolist().index(m) for m in found.model]
    quantiles = np.quantile(world[3], [0.05, 0.95], axis=0)[:, at]
    assert found.low == pytest.approx(np.minimum(quantiles[0], found.score))
    assert found.high == pytest.approx(np.maximum(quantiles[1], found.score))
    pin = found.joint_errors.arrays(found.model)["pinned"] > 0
    assert set(found.model[pin]) == {LOW[0], HIGH[0]}
    assert found.stderr[pin] == pytest.approx(0.0)
    assert (found.joint_errors.table, found.joint_errors.prior) == ("made-up", "none")
    assert "made-up (prior none)" in found.notes[-1]


def test_draws_on_any_scale_of_their_own_say_the_same(world, releases):
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 3, (DRAWS, 1)) + rng.uniform(0.02, 0.1, (DRAWS, 1)) * world[3]
    one = with_draws(table(world[3]), releases)
    two = with_draws(table(logits, pins=()), releases)
    assert two.joint_errors.errors.stderr == pytest.approx(one.joint_errors.errors.stderr)
    assert two.low == pytest.approx(one.low)


def test_models_are_found_by_identifier_where_those_are_the_names(world, releases):
    found = with_draws(table(world[3], [f"n{i}" for i in range(N)], other_names=names()), releases)
    assert len(found) == N


def test_what_the_two_tables_do_not_share_is_listed(world, releases):
    models = names()
    models[7] = "another model"
    found = with_draws(table(world[3], models), releases)
    assert len(found) == N - 1
    assert [(row.model, row.reason) for row in found.left_out] == [
        (names()[7], "no draws in made-up")
    ]
    words = " ".join(found.notes)
    assert names()[7] in words
    assert "another model" in words


def test_a_pin_that_is_no_release_still_pins(world, releases):
    from frontierlag.scores.releases import subset

    rest = subset(releases, releases.model != LOW[0])
    found = with_draws(table(world[3]), rest)
    assert LOW[0] not in found.model
    arrays = found.joint_errors.arrays(found.model)
    assert arrays["pin_score"].tolist() == [LOW[1], HIGH[1]]
    assert arrays["pin_error_sd"][0] > 0.5
    assert arrays["pinned"].sum() == 1


def test_draws_that_cannot_be_used_are_refused(world, releases):
    draws = world[3]
    lost = names()
    lost[1] = "GPT-5 (high)"
    with pytest.raises(DrawsError, match="no draws of GPT-5, whose score defines the scale"):
        with_draws(table(draws, lost), releases)
    with pytest.raises(DrawsError, match=r"defined by Claude 3.5 Sonnet = 130 and GPT-5 = 100"):
        with_draws(table(draws, pins=(LOW, (HIGH[0], 100.0))), releases)
    with pytest.raises(DrawsError, match="would count it twice"):
        with_draws(table(draws, prior="frontier"), releases)
    with pytest.raises(DrawsError, match=r"letter for letter\. Without draws: model"):
        with_draws(table(draws, [*names()[:2], *(f"x{i}" for i in range(N - 2))]), releases)
    turned = draws.copy()
    turned[9, 1] = 120.0
    with pytest.raises(DrawsError, match=r"in draw 10 \(and 0 others\) GPT-5 is not above"):
        with_draws(table(turned), releases)
    moved = draws + np.where(np.arange(N) < 2, 0.0, 9.0 * (-1) ** np.arange(N))
    with pytest.raises(DrawsError, match="of another vintage than made-up"):
        with_draws(table(moved), releases)


def test_a_model_of_draws_refuses_scores_alone(releases):
    with pytest.raises(SpecError, match="give the draws too"):
        ModelSpec.of("linear-stochastic-draws", releases.metric).observations(releases)


# -- the project's own layout ---------------------------------------------------------------------

CHAINS = 4
PRIOR = (125.0, 15.0)


@pytest.fixture(scope="module")
def plain(world):
    """A fit that holds exact posterior draws of a normal measurement under a normal prior."""
    day, group, score, _ = world
    rng = np.random.default_rng(6)
    own = rng.uniform(1, 3, N)
    shrink = PRIOR[1] ** 2 / (PRIOR[1] ** 2 + own**2)
    mean, sd = PRIOR[0] + shrink * (score - PRIOR[0]), own * np.sqrt(shrink)
    capability = pinned(mean + rng.normal(size=(CHAINS, 500, N)) * sd)
    releases = published(day, group, score, 2.0)
    order = [names().tolist().index(m) for m in releases.model]
    pins = tuple((releases.model.tolist().index(m), s) for m, s in (LOW, HIGH))
    responses = Responses(
        others=np.zeros(0, dtype=str), benchmarks=np.array(["b"]), chance=np.zeros(1),
        ceiling=np.ones(1), model=np.zeros(0, dtype=int), benchmark=np.zeros(0, dtype=int),
        score=np.zeros(0), source=np.zeros(0, dtype=str), weight=np.zeros(0), pins=pins,
        models=N, table="results", sha256="abc", attribution="Data: made up.",
    )  # fmt: skip
    columns = {f: getattr(releases, f) for f in Releases.__dataclass_fields__}
    measured = MeasuredReleases(**columns, responses=responses)
    sample = ("chain", "draw")
    posterior = xr.Dataset(
        {
            "capability": ((*sample, "model"), capability[..., order]),
            "other_mean": (sample, np.full((CHAINS, 500), PRIOR[0])),
            "other_spread": (sample, np.full((CHAINS, 500), PRIOR[1])),
        },
        {"chain": np.arange(CHAINS), "draw": np.arange(500), "model": model_names(measured)},
    )
    record = xr.Dataset(
        {
            "diverging": (sample, np.zeros((CHAINS, 500), dtype=bool)),
            "energy": (sample, rng.normal(size=(CHAINS, 500))),
        }
    )
    settings = SamplerSettings(draws=500)
    return PlainFit(measured, settings, posterior, record, 1.0), own, score


def test_written_draws_are_read_back(plain, tmp_path):
    fit, _, _ = plain
    path = tmp_path / "capabilities.nc"
    write_draws(fit, path)
    found = load_draws(path)
    assert found.layout == "frontierlag-draws"
    assert found.prior == "hierarchical"
    assert found.models.tolist() == fit.releases.model.tolist()
    flat = fit.posterior["capability"].to_numpy().reshape(-1, N)
    assert found.score == pytest.approx(flat, abs=1e-4)
    assert found.prior_mean == pytest.approx(np.full(CHAINS * 500, PRIOR[0]))
    assert found.pins == (LOW, HIGH)
    assert 0.8 * len(flat) < found.independent <= len(flat)
    assert found.attribution == "Data: made up."


def test_what_was_measured_is_got_back_from_a_posterior(plain, tmp_path):
    """Scores and own errors as before the prior, up to Monte Carlo error, on the pinned scale."""
    fit, own, score = plain
    write_draws(fit, tmp_path / "c.nc")
    found = with_draws(load_draws(tmp_path / "c.nc"), fit.releases)
    place = [names().tolist().index(m) for m in found.model]
    assert found.score == pytest.approx(score[place], abs=0.35)
    arrays = found.joint_errors.arrays(found.model)
    assert not arrays["loading"].any()
    ratio = arrays["error_sd"] / own[place]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.03)
    assert np.abs(np.log(ratio)).max() < 0.15
    assert any("hierarchical prior, Normal(1" in words for words in found.notes)


def change_attr(name, value):
    def change(stored):
        stored.attrs[name] = value
        return stored

    return change


BAD_NETCDF = {
    "format": (change_attr("format", "something else"), "is not a file of draws"),
    "prior": (change_attr("prior", "flat"), "carry the prior 'flat'"),
    "no capability": (lambda s: s.drop_vars("capability"), "incomplete or damaged"),
    "no prior mean": (lambda s: s.drop_vars("prior_mean"), "incomplete or damaged"),
    "dims": (lambda s: s.isel(chain=0), "capability has dims"),
    "not finite": (lambda s: s.where(s["draw"] != 3), "no finite number"),
    "few": (lambda s: s.isel(draw=slice(0, 20)), "has 80 draw(s)"),
    "pins": (change_attr("pins", "GPT-5"), "incomplete or damaged"),
}


@pytest.mark.parametrize("name", BAD_NETCDF)
def test_a_bad_file_of_draws_is_refused(plain, tmp_path, name):
    change, words = BAD_NETCDF[name]
    write_draws(plain[0], tmp_path / "good.nc")
    change(xr.load_dataset(tmp_path / "good.nc")).to_netcdf(tmp_path / "bad.nc")
    with pytest.raises(DrawsError, match=re.escape(words)):
        load_draws(tmp_path / "bad.nc")


def test_a_damaged_file_is_refused(plain, tmp_path):
    write_draws(plain[0], tmp_path / "good.nc")
    content = (tmp_path / "good.nc").read_bytes()
    (tmp_path / "bad.nc").write_bytes(content[: len(content) // 3])
    with pytest.raises(DrawsError, match="cannot be read as NetCDF"):
        load_draws(tmp_path / "bad.nc")


def test_draws_of_a_fit_to_scores_are_not_written(records_analysis, tmp_path):
    with pytest.raises(DrawsError, match="linear-records was fitted to scores"):
        write_draws(records_analysis.fit, tmp_path / "c.nc")


@pytest.mark.parametrize(("mixed", "code"), [(True, 0), (False, NOT_CONVERGED)])
def test_the_command_writes_the_file_and_says_if_it_converged(
    plain, tmp_path, monkeypatch, capsys, mixed, code
):
    fit = plain[0]
    if not mixed:
        bad = fit.sample_stats.assign(diverging=~fit.sample_stats["diverging"])
        fit = replace(fit, sample_stats=bad)
    monkeypatch.setattr("frontierlag.fits.plain.fit_plain", lambda measured, sampler: fit)
    out = tmp_path / "capabilities.nc"
    assert call(["study", "capabilities", "--out", str(out)]) == code
    assert f"stored in {out}" in capsys.readouterr().out.replace("\n", "")
    words = " ".join(load_draws(out).notes)
    assert ("not converged: divergences" in words) is not mixed


def test_the_plain_model_has_one_normal_prior_for_all_models(eci_new):
    measured = joined(load_results("eci-results-2026-08-11"), eci_new)
    model = build_plain(measured)
    at = model.initial_point()
    at["other_mean"] = np.array(128.0)
    read = model.compile_fn(
        [
            *model.replace_rvs_by_values([model["capability"], model["other_spread"]]),
            *model.logp(vars=[model["models"]], sum=False),
        ],
        inputs=model.value_vars,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    capability, spread, density = read(at)
    assert len(capability) == len(model_names(measured)) == 222
    for name, score in (LOW, HIGH):
        assert capability[model_names(measured) == name] == pytest.approx(score)
    expected = stats.norm.logpdf(capability, 128.0, spread).sum()
    assert density.sum() == pytest.approx(expected)


def test_the_file_says_what_it_is_without_the_program(plain, tmp_path):
    write_draws(plain[0], tmp_path / "c.nc")
    with xr.open_dataset(tmp_path / "c.nc") as stored:
        assert stored.attrs["format"] == "frontierlag draws 1"
        assert json.loads(stored.attrs["pins"]) == [list(LOW), list(HIGH)]
        assert stored["capability"].attrs["units"] == "points"
        assert stored.attrs["results"] == "results"
        assert stored.attrs["convergence"].startswith("converged")
