"""Names from anybody's table in figures: nothing is mathematics, and every letter has a font."""

import warnings
from datetime import date

import pytest
from matplotlib import rcParams

from frontierlag.errors import FrontierLagWarning
from frontierlag.figures import labels as lettering
from frontierlag.figures.sheet import Provenance, add_sheet, new_figure, save, styled

NAMES = ("X ($3 in, $15 out)", "a_b^c_{d}", "$x$", r"\\frac{1}{2} 100 %", "_hidden", "$")


def sheet(*names):
    with styled():
        figure = new_figure((6, 3))
        about = Provenance("us-china", names[0], date(2026, 1, 1))
        place = add_sheet(figure, "T", "s", about, key=[])
        axes = figure.subplots(gridspec_kw=place)
        lines = [axes.plot([0, k])[0] for k in range(len(names))]
        add_sheet(figure, names[0], names[-1], about, key=list(zip(lines, names, strict=True)))
        axes.set_yticks(range(len(names)), names)
    return figure


def test_dollars_underscores_and_carets_are_drawn_as_they_stand(tmp_path):
    svg, _ = save(sheet(*NAMES), tmp_path, "names")
    text = svg.read_text()
    for name in ("X ($3 in, $15 out)", "a_b^c_{d}", "$x$", "_hidden"):
        # As a tick and as a label of the key.
        assert text.count(f"{name}</text>") >= 2, name


def test_letters_that_no_font_has_are_said_once_a_figure_without_a_flood(tmp_path, monkeypatch):
    monkeypatch.setattr(lettering, "FALLBACKS", ())
    lettering.fallbacks.cache_clear()
    figure = sheet("\u901a\u4e49\u5343\u95ee", "\U0001f680 rocket", "plain")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        svg, _ = save(figure, tmp_path, "chinese")
    lettering.fallbacks.cache_clear()
    assert [w.category for w in caught] == [FrontierLagWarning]
    assert "\u901a\u4e49\u5343\u95ee" in svg.read_text()


def test_an_installed_font_is_used_only_where_it_is_needed(monkeypatch):
    # STIX is installed with Matplotlib, and has letters that DejaVu Sans lacks.
    monkeypatch.setattr(lettering, "FALLBACKS", ("Nowhere Sans", "STIXGeneral"))
    lettering.fallbacks.cache_clear()
    try:
        only = lettering._letters("STIXGeneral") - lettering._letters("DejaVu Sans")
        letter = next(chr(c) for c in sorted(only) if chr(c).isprintable())
        with styled():
            assert rcParams[lettering.FAMILY][-1] == "STIXGeneral"
            assert "STIXGeneral" not in lettering.families(["Qwen 3", "\u00e9t\u00e9"])
            assert lettering.families(["Qwen 3", letter])[-1] == "STIXGeneral"
    finally:
        lettering.fallbacks.cache_clear()


@pytest.mark.parametrize("name", ["_x", "x"])
def test_a_key_keeps_names_that_begin_with_an_underscore(name):
    assert lettering.label(name).strip() == name
    assert not lettering.label(name).startswith("_")
