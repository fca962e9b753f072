"""The page of a league, in a real browser: two groups are chosen, and hovering tells the model."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from frontierlag.report.page.league import chart, league_html
from frontierlag.studies.league.study import LeagueStudy

sys.path.insert(0, str(Path(__file__).parents[1]))
from league_worlds import LeagueDesign, as_accuracies, make_league_world
from test_league import made_up

pytestmark = pytest.mark.xdist_group("league-page")
EVIL = "<img src=x onerror=alert(1)><b>Model</b> & co"
SECONDS = 20


@pytest.fixture(scope="module")
def study():
    world = make_league_world(LeagueDesign(releases=(12, 9, 4)), np.random.default_rng(5))
    r = world.releases
    model = r.model.astype("<U60")
    own = np.flatnonzero(r.group == 1)
    model[own[np.argmax(r.score[own])]] = EVIL
    day = np.array([r.day.max()])
    pending = replace(
        r.pending, model=np.array(["next"]), group=np.array([2]), day=day, day_low=day, day_high=day
    )
    return LeagueStudy(made_up(replace(r, model=model, pending=pending), np.random.default_rng(6)))


@pytest.fixture(scope="module")
def tab(browser, study, tmp_path_factory):
    file = tmp_path_factory.mktemp("league") / "report.html"
    file.write_text(league_html(study, file.parent), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    tab = context.new_page()
    tab.said, tab.asked = [], []
    tab.on("console", lambda m: tab.said.append(f"{m.type}: {m.text}"))
    tab.on("pageerror", lambda e: tab.said.append(f"error: {e}"))
    tab.on("request", lambda r: tab.asked.append(r.url))
    tab.goto(file.absolute().as_uri())
    until(tab, "document.querySelectorAll('.plot .main-svg').length >= 1")
    yield tab
    context.close()


def until(tab, condition):
    end = time.monotonic() + SECONDS
    while not tab.evaluate(condition):
        assert time.monotonic() < end, f"never came true: {condition}"
        tab.wait_for_timeout(50)


def test_the_page_is_whole_and_asks_for_nothing(tab):
    assert tab.said == []
    assert [url for url in tab.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert "NOT CONVERGED" in tab.inner_text("main")  # of a few made-up draws
    assert tab.locator("tbody tr").count() == 3


def test_cells_carry_their_headings_on_a_phone(tab):
    heads = tab.locator("th").all_inner_texts()
    cells = "[...document.querySelector('tbody tr').cells]"
    tab.set_viewport_size({"width": 390, "height": 800})
    until(tab, f"{cells}.every(c => getComputedStyle(c, '::before').content !== 'none')")
    assert tab.evaluate(f"{cells}.map(c => c.dataset.name)") == heads
    tab.set_viewport_size({"width": 1280, "height": 1000})


def test_any_two_groups_can_be_chosen(tab, study):
    names = tab.locator("#first option").all_inner_texts()
    assert sorted(names) == sorted(study.releases.groups)
    tab.select_option("#first", names[2])
    tab.select_option("#second", names[1])
    words = tab.inner_text("#pair")
    # Named in the order of the league, whichever is chosen first.
    assert words.startswith(f"{names[2]} trails {names[1]} by ")
    shown = tab.evaluate("document.getElementById('plot-two').data.map(t => t.name)")
    assert {name for name in shown if name} == {names[1], names[2]}
    tab.select_option("#second", names[2])
    assert tab.inner_text("#pair") == "Choose two different groups."
    tab.select_option("#second", names[0])
    assert tab.inner_text("#pair").startswith(f"{names[2]} trails {names[0]} by ")


def test_hovering_a_point_tells_model_date_and_score(tab, study):
    tab.select_option("#first", "group 1")
    tab.select_option("#second", "group 0")
    r = study.releases
    own = np.flatnonzero(r.group == 1)
    best = own[np.argmax(r.score[own])]
    x, y = tab.evaluate(
        """([day, score]) => {
            const plot = document.getElementById('plot-two');
            plot.scrollIntoView({block: 'center', behavior: 'instant'});
            const box = plot.getBoundingClientRect(), all = plot._fullLayout;
            return [box.left + all._size.l + all.xaxis.d2p(day),
                    box.top + all._size.t + all.yaxis.d2p(score)];
        }""",
        [str(r.date[best]), float(r.score[best].round(2))],
    )
    tab.mouse.move(x - 30, y + 30)
    tab.mouse.move(x, y)
    until(tab, "document.querySelectorAll('.hoverlayer .hovertext').length === 1")
    words = tab.locator(".hoverlayer .hovertext").text_content()
    assert EVIL in words.replace("\xa0", " ")
    assert str(r.date[best]) in words
    assert f"ECI {r.score[best]:.1f}" in words


def test_pending_releases_are_shown_and_the_scheme_changes(tab, study):
    waiting = chart(study)["groups"]["group 2"]
    assert waiting["pending"] == [str(study.releases.date.max())]
    assert "next" in tab.inner_text("main")
    before = tab.evaluate("document.documentElement.dataset.theme")
    tab.click("#theme")
    assert tab.evaluate("document.documentElement.dataset.theme") != before


def test_accuracies_are_shown_with_three_decimals(study):
    rng = np.random.default_rng(9)
    world = as_accuracies(make_league_world(LeagueDesign(releases=(8, 5)), rng), rng)
    found = LeagueStudy(made_up(world.releases, rng, level=0.0, slope=1.5, unit=0.1))
    shown = chart(found)
    assert shown["unit"] == "GPQA Diamond score (accuracy)"
    own = world.releases.group == 0
    np.testing.assert_allclose(
        shown["groups"]["group 0"]["score"], world.releases.score[own].round(4)
    )
    for words, score in zip(
        shown["groups"]["group 0"]["hover"], world.releases.score[own], strict=True
    ):
        assert f"GPQA Diamond {score:.3f} (" in words
    band = shown["groups"]["group 0"]["band"]["median"]
    assert len({*band}) > 3
    assert all(0.25 < value < 1 for value in band)
