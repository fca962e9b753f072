"""A server on loopback that serves vintages in order, and fits that are made up."""

from __future__ import annotations

import csv
import io
from datetime import date
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pandas as pd
import xarray as xr

from frontierlag.analyses.refits import Refit
from frontierlag.names import CURRENT, REALIZED, SAMPLE_DIMS, TREND, WINDOW
from frontierlag.scores import load_scores

HEADER = [
    "Model", "eci", "eci_ci_low", "eci_ci_high", "date", "Organization",
    "Country (of organization)", "Model accessibility",
]  # fmt: skip
WEIGHTS = {"open": "Open weights (unrestricted)", "closed": "API access"}
HALF = 1.6449  # of a 90 % interval, in standard errors


def epoch_csv(name, header=HEADER, frame=None):
    """A vintage that comes with the package, as Epoch AI lays out its own file."""
    frame = load_scores(name).frame if frame is None else frame
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in frame.itertuples():
        arm = HALF * row.stderr
        ends = (row.score, row.score - arm, row.score + arm)
        numbers = [f"{value:.4f}" if value == value else "" for value in ends]
        day = f"{row.released:%Y-%m-%d}" if row.released == row.released else ""
        cells = [day, row.organization, row.country, WEIGHTS.get(row.weights, "")]
        writer.writerow([row.model, *numbers, *cells])
    return out.getvalue().encode()


class Server(ThreadingHTTPServer):
    """Answers with what the test puts into it: bytes, a day, headers; remembers what was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.day, self.kind, self.code, self.etag = b"", None, "text/csv", 200, ""
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/eci_scores.csv"

    def serve(self, body, day, kind="text/csv", code=200, etag=""):
        self.body, self.kind, self.code, self.etag = body, kind, code, etag
        self.day = date.fromisoformat(day) if day else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        made = self.server
        made.asked.append({name.lower(): value for name, value in self.headers.items()})
        self.close_connection = True
        self.send_response_only(made.code)
        if made.day:
            when = pd.Timestamp(made.day, tz="UTC").to_pydatetime().replace(hour=4, minute=30)
            self.send_header("Date", format_datetime(when, usegmt=True))
        if made.etag:
            self.send_header("ETag", made.etag)
        self.send_header("Content-Type", made.kind)
        self.send_header("Content-Length", str(len(made.body)))
        self.end_headers()
        self.wfile.write(made.body)

    def log_message(self, *_):
        pass


def lag_of(releases):
    """What a made-up fit says of releases: known without sampling."""
    return float(releases.score.mean()) / 20


def days_of(window):
    """By how much it says more over a longer window."""
    return len(window.days) / 10_000


def refitted(tasks, settings, workers=None, done=lambda _: None):
    """Refits whose lag is known."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(2, 200))
    noise = (noise - noise.mean()) / noise.std() / 2
    found = {}
    for task in tasks:
        lags = tuple(
            {
                (kind, period): (
                    xr.DataArray(
                        lag_of(task.observations.releases) + days_of(window) + noise,
                        dims=SAMPLE_DIMS,
                    ),
                    0.0,
                )
                for kind in (TREND, REALIZED)
                for period in (WINDOW, CURRENT)
            }
            for window in task.windows
        )
        found[task.key] = Refit(
            lags, SimpleNamespace(converged=True), len(task.observations.releases)
        )
    done("made up")
    return found


def ran(jobs, outs, models=(), settings=None, *, done=lambda _: None, prepared=()):
    """A run whose lag is the same made-up one, with a results folder of one file."""
    (item,), (out,) = prepared, outs
    value = lag_of(item.releases) + days_of(item.window)
    row = {
        "model": "linear-stochastic", "lag": REALIZED, "period": WINDOW, "mean": value,
        "median": value, "lower50": value - 0.3, "upper50": value + 0.3, "lower90": value - 1,
        "upper90": value + 1, "mcse_mean": 0.01, "mcse_median": 0.01, "undefined": 0.0,
        "censored": 0.02,
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    (out / "lags.csv").write_text(f"table\n{item.table.name}\n", encoding="utf-8")
    outcome = SimpleNamespace(
        model="linear-stochastic", sentences=(f"China trails USA by {value:.1f} months.",)
    )
    result = SimpleNamespace(
        table=lambda stem: pd.DataFrame([row]) if stem == "lags" else pd.DataFrame(),
        headline="linear-stochastic",
        outcomes=[outcome],
        converged=True,
    )
    return [result]


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
