"""The page of a league: any two groups on one chart, the table, the figures; opens offline."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from frontierlag.report.page.build import HERE, hash_of, image, plotly, render
from frontierlag.report.page.folder import PAGE
from frontierlag.scores.league import LeagueReleases
from frontierlag.studies.league.study import LeagueStudy
from frontierlag.studies.league.table import (
    DIGITS_OF_POINTS,
    DIGITS_OF_SHARES,
    band_table,
    release_table,
)
from frontierlag.studies.league.words import league_rows, pair_words
from frontierlag.studies.writing import FIGURES

PICTURES = {
    "league": "Months behind the frontier and the probability of each rank",
    "leaders": "Who led on each day with what probability",
}
BANDS = ("lower90", "lower50", "median", "upper50", "upper90")
ROOM = 0.05  # of the range of the two groups' intervals, free above and below them


def write_league_page(found: LeagueStudy, folder: Path) -> None:
    """Write the page into a folder that has the study's figures."""
    (folder / PAGE).write_text(league_html(found, folder), encoding="utf-8")


def league_html(found: LeagueStudy, folder: Path) -> str:
    """The whole page as text."""
    releases = found.releases
    head, rows = league_rows(found.tables["league"], releases)
    pictures = [
        {"words": words, "src": image(folder / FIGURES / f"{stem}.png")}
        for stem, words in PICTURES.items()
        if (folder / FIGURES / f"{stem}.png").is_file()
    ]
    scripts = [plotly(), (HERE / "league.js").read_text(encoding="utf-8")]
    return render(
        "league.html.j2",
        {
            "title": f"League by {releases.by}",
            "dataset": releases.table,
            "as_of": releases.as_of.isoformat(),
            "converged": found.converged,
            "sentences": [sentence.replace("`", "") for sentence in found.sentences],
            "order": [found.league.groups[k] for k in found.league.order],
            "head": head,
            "rows": rows,
            "pictures": pictures,
            "notes": releases.notes,
            "attribution": releases.attribution,
            "charts": chart(found),
            "style": Markup((HERE / "page.css").read_text(encoding="utf-8")),
            "scripts": [Markup(script) for script in scripts],
            "hashes": [hash_of(script) for script in scripts],
        },
    )


def chart(found: LeagueStudy) -> dict[str, Any]:
    """What the chart of two groups is drawn from; text for plotly is escaped for HTML."""
    releases, bands = release_table(found.league), band_table(found.league)
    metric = found.releases.metric
    first, last = str(releases["released"].min()), found.releases.as_of.isoformat()
    return {
        "groups": {
            name: _group(
                releases[releases["group"] == name], bands[bands["group"] == name], found.releases
            )
            for name in found.releases.groups
        },
        "pairs": {
            f"{pair['ahead']}\n{pair['behind']}": pair_words(pair)
            for pair in found.tables["pairs"].to_dict("records")
        },
        "room": ROOM,
        "dates": [first, last],
        "unit": escape(f"{metric.name} score ({metric.unit})"),
    }


def _group(rows: pd.DataFrame, bands: pd.DataFrame, releases: LeagueReleases) -> dict[str, Any]:
    scored, waiting = rows[rows["score"].notna()], rows[rows["score"].isna()]
    score = scored["score"]
    shown, digits = (3, DIGITS_OF_SHARES) if releases.metric.bounded else (1, DIGITS_OF_POINTS)
    return {
        "label": escape(str(rows["group"].iloc[0])),
        "released": scored["released"].tolist(),
        "score": score.round(digits).tolist(),
        "up": (scored["high"] - score).round(digits).tolist(),
        "down": (score - scored["low"]).round(digits).tolist(),
        "hover": [
            f"<b>{escape(str(row['model']))}</b><br>{row['released']}<br>"
            f"{releases.metric.name} {row['score']:.{shown}f} "
            f"({row['low']:.{shown}f} to {row['high']:.{shown}f})"
            for row in scored.to_dict("records")
        ],
        "pending": waiting["released"].tolist(),
        "waiting": [
            f"<b>{escape(str(row['model']))}</b><br>{row['released']}<br>pending: not scored yet"
            for row in waiting.to_dict("records")
        ],
        "band": {name: bands[name].tolist() for name in ("day", *BANDS)},
    }
