"""What the pages say of the slower studies: their tables, where they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from blocks import note, or_note, table
from result_rows import NEW, OLD, convention, decimals, read
from result_studies import errors, forecast, line, records, starts

from frontierlag.studies.forecast.catch_up import BEST

US_CHINA = (NEW, "us-china")
_SENSITIVITY = (*US_CHINA, "sensitivity")
_CATCH_UP = (*US_CHINA, "catch-up")
_INDEX = (NEW, "us-china-joint", "index")
_DOMAINS = (NEW, "us-china-joint", "domains")
_MEASURES = ("measures", "us-china")
_MISSING = "These results hold no `{file}` of the present form; `{command}` makes it."


def shown(results: Path) -> dict[str, str]:
    """Return Markdown by name; where a study has not been made, a note that says so."""
    sensitivity = "frontierlag study sensitivity"

    def made(
        make: Callable[[Path], str], command: str, files: tuple[str, ...], *columns: str
    ) -> str:
        for file in files:
            path = results / file
            found = pd.read_csv(path, nrows=0).columns if path.is_file() else ()
            if not path.is_file() or not set(columns) <= set(found):
                return note(_MISSING.format(file=f"results/{file}", command=command))
        return or_note(lambda: make(results))

    starts_file = ("/".join((*_SENSITIVITY, "window-starts.csv")),)
    both = tuple(f"{d}/us-china/sensitivity/sensitivity.csv" for d in (OLD, NEW))
    catch_up = "/".join((*_CATCH_UP, "catch_up.csv"))
    constructions = "/".join((*_INDEX, "constructions.csv"))
    return {
        "study_line": made(line, sensitivity, starts_file),
        "study_starts": made(starts, sensitivity, starts_file),
        "study_errors": made(errors, sensitivity, both),
        "study_records": made(
            records, "frontierlag run", ("/".join((*US_CHINA, "predictive.csv")),)
        ),
        "study_forecast": made(
            forecast,
            "frontierlag study catch-up",
            ("/".join((*_CATCH_UP, "hindcast.csv")),),
            "converged",
        ),
        "study_catch_up": made(_catch_up, "frontierlag study catch-up", (catch_up,), "converged"),
        "study_domains": made(
            lambda r: _page(r.joinpath(*_DOMAINS, "domains.md")),
            "frontierlag domains --leave-out",
            ("/".join((*_DOMAINS, "domains.csv")),),
        ),
        "study_measures": made(
            lambda r: _page(r.joinpath(*_MEASURES, "measures.md")),
            "frontierlag study measures",
            ("/".join((*_MEASURES, "measures.csv")),),
        ),
        **{
            f"study_league_{by}": made(
                lambda r, by=by: _page(r.joinpath(NEW, f"league-{by}", "league.md")),
                f"frontierlag league --by {by}",
                (f"{NEW}/league-{by}/league.csv",),
            )
            for by in ("country", "maker")
        },
        "study_index": made(
            lambda r: f"{convention(r, *_INDEX)}\n\n{_page(r.joinpath(*_INDEX, 'index.md'))}",
            "frontierlag study index",
            (constructions,),
        ),
    }


def _catch_up(results: Path) -> str:
    rows = []
    for r in read(results, *_CATCH_UP, "catch_up.csv").to_dict("records"):
        places = decimals(r["mcse_probability"])
        mark = "" if r["converged"] else " NOT CONVERGED"
        rows.append(
            ("the leader's best" if r["target"] == BEST else r["target"],
             "" if pd.isna(r["released"]) else r["released"],
             f"{r['level']:.1f}", f"{r['already_matched']:.2f}",
             f"{r['median']} ({r['lower90']} to {r['upper90']}){mark}", r["by"],
             f"{r['probability_by']:.{places}f}")
        )  # fmt: skip
    head = ("level of", "released", "points", "P(matched already)",
            "when it is exceeded, median (90 % interval)", "by", "probability by then")  # fmt: skip
    return table(head, rows)


def _page(file: Path) -> str:
    """A page as a study wrote it, its headings lowered into this page."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(f"**{t.lstrip('# ')}**" if t.startswith("#") else t for t in lines)
