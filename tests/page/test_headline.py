"""The model that answers for a run: one rule, kept in the manifest, read by everybody."""

import json
from dataclasses import asdict

import pytest

from frontierlag.errors import ResultsError
from frontierlag.jobs import Job
from frontierlag.model import first_model, headline_of
from frontierlag.names import REALIZED, WINDOW
from frontierlag.report.cite import choose, read_estimates
from frontierlag.report.page.folder import read_results
from frontierlag.results.folder import headline_model
from frontierlag.scores.metric import ECI, FRONTIERMATH


@pytest.mark.parametrize(
    ("fitted", "metric", "reads", "headline"),
    [
        (("linear-records", "linear-stochastic"), ECI, "scores", "linear-stochastic"),
        (
            ("linear-records-draws", "linear-stochastic-draws"),
            ECI,
            "draws",
            "linear-stochastic-draws",
        ),
        (("logistic-joint", "linear-joint"), ECI, "results", "linear-joint"),
        (
            ("logistic-records", "logistic-stochastic"),
            FRONTIERMATH,
            "scores",
            "logistic-stochastic",
        ),
        # Where the default was not fitted, the model that was named first.
        (("logistic-records", "linear-records"), ECI, "scores", "logistic-records"),
        ((), ECI, "scores", "linear-stochastic"),
    ],
)
def test_one_rule(fitted, metric, reads, headline):
    assert headline_of(fitted, metric, reads) == headline


def test_a_job_of_joint_draws_is_led_by_the_model_of_all_releases(tmp_path):
    draws = Job("eci-2026-08-11").prepare()
    assert draws.headline(draws.models) == draws.model() == first_model(ECI)


def test_everybody_reads_it_in_the_manifest(bare_folder):
    path = bare_folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["headline"] = "linear-records"
    path.write_text(json.dumps(manifest))
    assert read_results(bare_folder).headline == "linear-records"
    (cited,) = choose(read_estimates(bare_folder), REALIZED, WINDOW, None)
    assert cited.model == "linear-records"


def test_a_manifest_of_before_is_read_by_the_same_rule():
    metric = json.loads(json.dumps(asdict(ECI)))
    models = {"linear-records-draws": {}, "linear-stochastic-draws": {}}
    data = {"metric": metric, "draws": {"name": "d"}}
    assert headline_model({"models": models, "data": data}) == "linear-stochastic-draws"
    with pytest.raises(ResultsError, match="no fitted model"):
        headline_model({"models": {}, "data": data})
