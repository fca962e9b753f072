"""What `help` shows of the main functions can be read, and has an example."""

from __future__ import annotations

import inspect

import pandas as pd
import pytest

import frontierlag as fl
from frontierlag.studies.league.study import LeagueJob

FUNCTIONS = [fl.load_scores, fl.fit, fl.update, fl.compare, fl.load]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_signature_has_short_defaults(function):
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is not parameter.empty:
            shown = repr(parameter.default)
            assert " at 0x" not in shown
            assert "mappingproxy" not in shown
            assert "(" not in shown, f"{function.__name__}: {parameter.name}={shown}"


@pytest.mark.parametrize("function", [fl.load_scores, fl.fit, fl.update], ids=lambda f: f.__name__)
def test_there_is_an_example(function):
    text = inspect.getdoc(function)
    assert f"fl.{function.__name__}(" in text.partition("Examples\n--------\n")[2]


def test_the_example_of_load_scores_shows_what_it_gives():
    assert repr(fl.load_scores("eci-2026-08-11")) in inspect.getdoc(fl.load_scores)


def test_options_are_an_object_or_arguments():
    frame = pd.DataFrame(
        {"model": list("abcd"), "country": ["USA", "China"] * 2, "elo": [1.0, 2.0, 3.0, 4.0]}
    ).assign(day=["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"])
    one = fl.load_scores(
        frame, options=fl.ReadOptions(column=("score=elo", "released=day"), log2=True)
    )
    other = fl.load_scores(frame, columns={"score": "elo", "released": "day"}, log2=True)
    assert one.options == other.options
    pd.testing.assert_frame_equal(one.frame, other.frame)


def test_a_league_counts_the_settings_that_are_asked_for():
    best, every = (LeagueJob("gpqa-diamond-2026-01-17", efforts=e) for e in ("best", "all"))
    (_, few), (_, more) = best.prepare(), every.prepare()
    settings = [row for row in few.left_out if "setting of" in row.reason]
    assert settings
    assert len(more) == len(few) + len(settings)
    assert best.folder != every.folder
