"""Credit travels with the table: nobody's own table is credited to Epoch AI."""

import re

import pytest

from frontierlag.claims import ARTICLE
from frontierlag.claims.article import applicable
from frontierlag.errors import SpecError
from frontierlag.figures.sheet import CREDIT, credit_line
from frontierlag.jobs import Job
from frontierlag.results.storage import load, store
from frontierlag.runs.run import run_claims
from frontierlag.scores import ATTRIBUTION, is_epochs, joined_credit, own_credit

HEAD = "model,organization,country,weights,released,score,low,high\n"


def own_table(folder, follower_weights="open", leader_weights="closed", name="mine.csv"):
    rows = [
        f"{c}{k},{c} Lab,{c},{w},{2024 + k // 12}-{k % 12 + 1:02d}-{10 + shift},"
        f"{100 + 2 * k - shift},{98 + 2 * k - shift},{102 + 2 * k - shift}\n"
        for c, w, shift in (("USA", leader_weights, 0), ("China", follower_weights, 5))
        for k in range(20)
    ]
    path = folder / name
    path.write_text(HEAD + "".join(rows))
    return str(path)


def test_an_own_table_is_credited_to_its_file(tmp_path):
    prepared = Job(own_table(tmp_path)).prepare()
    assert prepared.releases.attribution == own_credit("mine.csv") == "Data: mine.csv."
    assert not is_epochs(prepared.releases.attribution)
    assert credit_line(prepared.releases.attribution) == "Data: mine.csv."


def test_a_stored_fit_keeps_the_credit_of_its_table(records_analysis, tmp_path):
    store(records_analysis, tmp_path / "a.nc")
    read = load(tmp_path / "a.nc").fit.observations.releases
    assert read.attribution == records_analysis.fit.observations.releases.attribution
    assert read.attribution == ATTRIBUTION


def test_results_that_epoch_took_from_others_keep_their_terms():
    credit = Job("eci-2026-08-11", results="eci-results-2026-08-11").prepare().releases.attribution
    assert credit.startswith(ATTRIBUTION)
    assert "keep their own terms" in credit
    assert credit_line(credit).startswith(CREDIT)
    assert "keep their own terms" in credit_line(credit)


def test_credits_of_two_sources_are_joined_once():
    more = f"{ATTRIBUTION} And more."
    assert joined_credit(ATTRIBUTION, ATTRIBUTION) == ATTRIBUTION
    assert joined_credit(ATTRIBUTION, more) == joined_credit(more, ATTRIBUTION) == more
    assert joined_credit("Data: a.csv.", ATTRIBUTION) == f"Data: a.csv. {ATTRIBUTION}"
    assert joined_credit("", "") == ""


def test_the_article_is_not_asked_of_an_own_table_and_it_is_said(tmp_path):
    found = applicable(Job(own_table(tmp_path)).prepare())
    assert found.claims == ()
    (why,) = found.not_asked
    assert "mine" in why
    with pytest.raises(SpecError, match=re.escape(why)):
        run_claims(Job(own_table(tmp_path)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def numbers(found):
    return {claim.number for claim in found.claims}


@pytest.mark.parametrize(
    ("scores", "comparison", "without", "reasons"),
    [
        ("eci-2026-08-11", "us-china", set(), 0),
        ("eci-2026-08-11", "closed-open", {c.number for c in ARTICLE}, 1),
        ("frontiermath-2026-01-17", "us-china", {"6", "10"}, 2),
    ],
)
def test_each_claim_is_asked_where_it_makes_sense(scores, comparison, without, reasons):
    found = applicable(Job(scores, comparison).prepare())
    assert numbers(found) == {c.number for c in ARTICLE} - without
    assert len(found.not_asked) == reasons


@pytest.mark.parametrize("same", [True, False])
def test_claim_6_is_not_asked_where_open_and_china_are_the_same_rows(tmp_path, monkeypatch, same):
    # A table of Epoch's in which, if ``same``, China's models are the open ones.
    from frontierlag.claims import article as module

    monkeypatch.setattr(module, "is_epochs", lambda _: True)
    prepared = Job(own_table(tmp_path, leader_weights="closed")).prepare()
    if not same:
        text = (
            (tmp_path / "mine.csv")
            .read_text()
            .replace("USA3,USA Lab,USA,closed", "USA3,L,USA,open")
        )
        (tmp_path / "mine.csv").write_text(text)
        prepared = Job(str(tmp_path / "mine.csv")).prepare()
    found = applicable(prepared)
    assert ("6" not in numbers(found)) is same
    assert any("the same rows" in why for why in found.not_asked) is same


def test_added_claims_are_asked_of_any_table(tmp_path):
    from dataclasses import replace

    mine = replace(ARTICLE[1], number="11", words="mine")
    found = applicable(Job(own_table(tmp_path)).prepare(), (*ARTICLE, mine))
    assert found.claims == (mine,)
