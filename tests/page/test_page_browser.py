"""The page in a real browser: no error, no request, and everything on it works."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest

from frontierlag.report.page.build import LIMIT, write_page, write_tree
from frontierlag.report.page.folder import read_results

pytestmark = pytest.mark.xdist_group("linear-records")
EVIL = "<img src=x onerror=alert(1)><b>Model</b> & co"
SECONDS = 20
READY = "document.querySelectorAll('.plot .main-svg').length >= {}"


def wait(tab, condition, argument=None):
    """Until a condition holds; the tool's own waiting would need what the page's policy forbids."""
    end = time.monotonic() + SECONDS
    while not tab.evaluate(condition, argument):
        assert time.monotonic() < end, f"never came true: {condition} ({argument})"
        tab.wait_for_timeout(50)


@pytest.fixture(scope="module")
def opened(browser):
    """Open a page and note what it logs and asks for; closed at the end of the module."""
    contexts = []

    def open_page(path, width=1280, height=900, plots=1, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(1000 * SECONDS)
        tab.said, tab.asked = [], []
        tab.on("console", lambda m: tab.said.append(f"{m.type}: {m.text}"))
        tab.on("pageerror", lambda e: tab.said.append(f"error: {e}"))
        tab.on("request", lambda r: tab.asked.append(r.url))
        tab.goto(path.absolute().as_uri())
        wait(tab, READY.format(plots))
        return tab

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, chart_tables, copied):
    folder = copied(tmp_path_factory.mktemp("page") / "us-china")
    own = chart_tables["capabilities"].copy()
    own.loc[own["score"].where(own["group"] == "China").idxmax(), "release"] = EVIL
    for stem, table in (chart_tables | {"capabilities": own}).items():
        table.to_csv(folder / f"{stem}.csv", index=False)
    return write_page(folder)[0]


@pytest.fixture(scope="module")
def tab(opened, page_file):
    """The page with every part open."""
    tab = opened(page_file, permissions=["clipboard-read", "clipboard-write"])
    tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    wait(tab, READY.format(2))
    return tab


def shown(tab, chart, **meta):
    """Names of the visible traces of a chart."""
    return tab.evaluate(
        "(name) => document.getElementById('plot-' + name).data"
        ".filter(t => t.visible).map(t => t.name)",
        chart,
    )


def test_loads_without_a_word_and_without_a_request(tab, page_file):
    assert tab.said == []
    assert [u for u in tab.asked if not u.startswith(("data:", "blob:"))] == [
        page_file.absolute().as_uri()
    ]
    assert page_file.stat().st_size < LIMIT


def test_headings_descend_and_every_image_and_control_has_a_name(tab):
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    nameless = tab.evaluate(
        "[...document.querySelectorAll('img')].filter(i => !i.alt).length"
        " + [...document.querySelectorAll('button:not(.plot *)')]"
        ".filter(b => !b.textContent.trim()).length"
        " + [...document.querySelectorAll('.plot')].filter(p => !p.ariaLabel).length"
    )
    assert nameless == 0
    assert tab.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].every("
        "a => document.querySelector(a.getAttribute('href')))"
    )


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        ("records", ["leader records", "follower records", "leader records intervals"]),
        ("releases", ["leader releases", "follower releases intervals"]),
        ("intervals", ["leader records intervals", "follower releases intervals"]),
        ("stairs", ["USA: best available, linear-stochastic"]),
        ("trends", ["China: trend, linear-stochastic", "band lower50"]),
        ("bands", ["band lower90", "band upper50"]),
    ],
)
def test_each_toggle_hides_and_shows_its_layer(tab, layer, names):
    box = tab.locator(f"[data-chart=frontier] input[data-layer='{layer}']")
    before = shown(tab, "frontier")
    assert set(names) <= set(before)
    box.uncheck()
    assert not set(names) & set(shown(tab, "frontier"))
    box.check()
    assert shown(tab, "frontier") == before


def test_layers_that_begin_hidden_can_be_shown(tab):
    for layer, name in (("names", "leader names"), ("stair bands", "band lower90")):
        box = tab.locator(f"[data-chart=frontier] input[data-layer='{layer}']")
        before = shown(tab, "frontier").count(name)
        box.check()
        assert shown(tab, "frontier").count(name) > before
        box.uncheck()


def test_the_chosen_model_is_the_one_drawn(tab):
    choice = tab.locator("[data-chart=lag] select")
    first = choice.input_value()
    assert first == "linear-stochastic"
    middle = (
        "document.getElementById('plot-lag').data"
        ".find(t => t.visible && t.name.startsWith('Realized')).y.at(-1)"
    )
    one = tab.evaluate(middle)
    choice.select_option("linear-records")
    other = tab.evaluate(middle)
    assert one - other == pytest.approx(0.75, abs=2e-3)  # as the stand-in was moved
    choice.select_option(first)


def test_ranges_change_the_axis(tab):
    axis = "document.getElementById('plot-frontier')._fullLayout.xaxis.range.map(String)"
    whole = tab.evaluate(axis)
    tab.get_by_role("button", name="Last 12 months").first.click()
    wait(tab, f"{axis}[0].startsWith('2025-08-11')")
    tab.get_by_role("button", name="All dates").first.click()
    assert tab.evaluate(axis) == whole


def test_hover_tells_the_model_that_is_there(tab, page_file):
    releases = read_results(page_file.parent).table("releases")
    held = releases[releases["record"]]
    rows = [
        held[held["group"] == "China"].iloc[-1],
        held[held["group"] == "USA"].iloc[-2],
        held[held["model"] == "o3"].iloc[0],
    ]
    for layer in ("trends", "stairs", "releases"):  # nothing else under the pointer
        tab.locator(f"[data-chart=frontier] input[data-layer='{layer}']").uncheck()
    for row in rows:
        tab.locator("#plot-frontier").scroll_into_view_if_needed()
        at = tab.evaluate(
            """([day, score]) => {
              const p = document.getElementById('plot-frontier'), l = p._fullLayout;
              const box = p.getBoundingClientRect();
              return [box.left + l.xaxis._offset + l.xaxis.d2p(day),
                      box.top + l.yaxis._offset + l.yaxis.d2p(score)];
            }""",
            [row["released"], float(row["score"])],
        )
        tab.mouse.move(at[0] - 60, at[1] - 60)
        tab.mouse.move(at[0], at[1], steps=4)
        name = row["model"]
        wait(
            tab,
            "(name) => [...document.querySelectorAll('#plot-frontier .hovertext')]"
            ".some(h => h.textContent.includes(name))",
            name,
        )
        words = tab.locator("#plot-frontier .hovertext").first.text_content()
        assert row["organization"].split(";")[0] in words
        assert row["released"] in words
        assert f"score {row['score']:.1f}" in words
        if row["high"] > row["low"]:
            assert f"{row['low']:.1f} to {row['high']:.1f}" in words
    for layer in ("trends", "stairs", "releases"):
        tab.locator(f"[data-chart=frontier] input[data-layer='{layer}']").check()


def test_markup_from_a_table_makes_no_element(tab):
    assert tab.locator("img[src='x']").count() == 0
    assert tab.get_by_role("cell", name=EVIL, exact=True).count() == 1
    assert tab.said == []


def test_copy_gives_the_text_of_its_box(tab):
    tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    for button in tab.locator("button[data-copy]").all():
        wanted = tab.locator(f"#{button.get_attribute('data-copy')}").text_content()
        button.click()
        wait(tab, "document.getElementById('said').textContent === 'Copied'")
        assert tab.evaluate("navigator.clipboard.readText()") == wanted
        assert len(wanted) > 50
        tab.evaluate("document.getElementById('said').textContent = ''")


def test_copy_works_without_the_clipboard_interface(opened, page_file):
    tab = opened(page_file)
    tab.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    tab.locator("button[data-copy]").first.click()
    wait(tab, "document.getElementById('said').textContent === 'Copied'")
    assert tab.said == []


def colour(tab, of="document.body", what="backgroundColor"):
    value = tab.evaluate(f"getComputedStyle({of}).{what}")
    return [float(x) for x in re.findall(r"[\d.]+", value)][:3]


def contrast(one, other):
    """Contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def light(rgb):
        linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_can_be_read_and_switched(opened, page_file, scheme):
    tab = opened(page_file, color_scheme=scheme)
    paper = colour(tab)
    assert (sum(paper) > 600) == (scheme == "light")
    for of in (".leader", ".follower", ".realized", ".trend", ".small", "a[href='#cite']"):
        assert contrast(colour(tab, f'document.querySelector("{of}")', "color"), paper) >= 4.5
    drawn = (
        "document.getElementById('plot-frontier').data"
        ".find(t => t.name === 'leader records').marker.color"
    )
    before = tab.evaluate(drawn)
    tab.locator("#theme").click()
    assert (sum(colour(tab)) > 600) == (scheme == "dark")
    assert tab.evaluate(drawn) != before
    assert tab.said == []


def test_the_short_version_fits_a_laptop_and_the_rest_is_folded(opened, page_file):
    tab = opened(page_file, width=1280, height=720)
    for part in ("#answer", "#plot-frontier", ".rungs", ".share"):
        box = tab.locator(part).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720, part
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1280, part
    assert tab.locator("#plot-frontier").bounding_box()["height"] >= 270
    assert tab.locator(".rung").locator("visible=true").count() == 3
    assert tab.locator("details.part[open]").count() == 0
    assert tab.said == []


def test_a_link_opens_the_part_that_it_leads_to_and_a_folded_chart_is_drawn(opened, page_file):
    tab = opened(page_file, width=1280, height=720)
    tab.locator(".share a[href='#cite']").click()
    wait(tab, "document.getElementById('cite').open")
    tab.locator("#through-time > summary").click()
    wait(tab, "document.querySelector('#plot-lag .main-svg')?.clientWidth > 400")
    assert tab.said == []


@pytest.mark.parametrize("width", [320, 375, 768])
def test_nothing_overflows_on_a_narrow_screen(opened, page_file, width):
    tab = opened(page_file, width=width, height=740, has_touch=True)
    tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    wide = tab.evaluate(
        """(width) => [...document.querySelectorAll('main *, .top *, footer *')].filter(e => {
          const box = e.getBoundingClientRect();
          return box.width && (box.right > width + 1 || box.left < -1)
            && !e.closest('.scroll, .plot, .skip') ;
        }).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))""",
        width,
    )
    assert wide == []
    plot = tab.evaluate("document.querySelector('#plot-frontier .main-svg').clientWidth")
    assert plot <= width


def test_prints_charts_without_their_controls(opened, page_file):
    tab = opened(page_file, width=690, color_scheme="dark")
    tab.emulate_media(media="print")
    wait(tab, "document.querySelector('#plot-frontier .main-svg').clientWidth === 660")
    assert sum(colour(tab)) == 765
    hidden = tab.evaluate(
        "[...document.querySelectorAll('.controls, #theme, button[data-copy], nav')]"
        ".every(e => getComputedStyle(e).display === 'none')"
    )
    assert hidden
    assert tab.locator("#plot-frontier").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 690
    tab.emulate_media(media="screen")
    assert tab.pdf(format="A4", print_background=True).startswith(b"%PDF")
    assert tab.said == []


def test_a_page_without_bands_and_the_index_work_too(opened, bare_folder):
    page, _ = write_page(bare_folder)
    tab = opened(page, plots=1)
    assert tab.said == []
    assert "USA: best published score so far" in shown(tab, "frontier")
    assert tab.locator("img.still").count() in (0, 2)  # where the run drew its figures
    target, _ = write_tree(bare_folder.parent)
    index = opened(target, width=375, plots=0)
    assert index.said == []
    assert index.evaluate("document.documentElement.scrollWidth") <= 375
    index.locator(".entry h3 a").click()
    wait(index, READY.format(1))
    assert index.url.endswith("us-china/report.html")
