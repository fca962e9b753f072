"""Measure how fast the package is and write the ratios to results.md next to this file.

    python benchmarks/run.py                  every part, in one run
    python benchmarks/run.py --only refits    one part (repeat for more)

What was measured is kept in measured.json after every step: parts that are not asked for stay as
they were last measured, and `--resume` goes on with an interrupted run. Times depend on what else
the machine does: compare ratios of one run only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before numpy is imported: one thread a process, as everywhere in the package.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import campaign  # noqa: E402
import common  # noqa: E402
import growth  # noqa: E402
import job  # noqa: E402
import lag  # noqa: E402
import refits  # noqa: E402
import samplers  # noqa: E402

HERE = Path(__file__).parent
MEASURED, RESULTS = HERE / "measured.json", HERE / "results.md"
TITLES = {
    "refits": "Refits a second",
    "campaign": "A campaign of 500 worlds",
    "samplers": "Effective draws a second",
    "lag": "Realized lag",
    "job": "The main job",
    "growth": "How time grows",
}


def steps() -> dict[str, dict[str, Callable[[], dict[str, Any]]]]:
    """Each part's steps by name; a part of one step has the name ''."""
    return {
        "refits": {"": refits.measure},
        "campaign": {"": campaign.measure},
        "samplers": {m: lambda m=m: samplers.measure(m) for m in samplers.MODELS},
        "lag": {"": lag.measure},
        "job": {name: lambda n=name: job.measure(n) for name in job.JOBS},
        "growth": {w: lambda w=w: growth.measure(w) for w in ("releases", "draws", "worlds")},
    }


def report(measured: dict[str, Any]) -> str:
    """The whole of results.md, from what has been measured."""
    parts = {
        "refits": refits,
        "campaign": campaign,
        "samplers": samplers,
        "lag": lag,
        "job": job,
        "growth": growth,
    }
    text = [
        "# Benchmarks",
        "Made by `make bench`. Each part was measured in one run, all parts on one machine; the "
        "seconds are that machine's own. Compare ratios within a part.",
    ]
    for name, title in TITLES.items():
        if name not in measured:
            text += [f"## {title}", "Not measured."]
            continue
        found = measured[name]["steps"]
        about = [f"Load average: {measured[name]['load']:g}."]
        missing = [step for step in steps()[name] if step not in found]
        if missing:
            about.append(f"Not measured: {', '.join(missing)}.")
        told = parts[name].words(found.get("", found))
        text += [f"## {title}", told, " ".join(about)]
    text.append("## Machine")
    text.append("\n".join(f"- {name}: {value}" for name, value in measured["machine"].items()))
    text.append(
        "Load average is the number of runnable processes when a part began; above about 0.5 other "
        "work ran at the same time, and all times, ours included, are longer."
    )
    return "\n\n".join(text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(TITLES), help="a part; repeatable")
    parser.add_argument("--resume", action="store_true", help="skip what was measured before")
    told = parser.parse_args()
    measured: dict[str, Any] = {}
    if (told.only or told.resume) and MEASURED.exists():
        measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    measured["machine"] = common.machine()
    for name, parts in steps().items():
        if told.only and name not in told.only:
            continue
        if not told.resume or name not in measured:
            measured[name] = {"load": common.load(), "steps": {}}
        for step, action in parts.items():
            if step in measured[name]["steps"]:
                continue
            print(f"{name} {step}".strip(), file=sys.stderr, flush=True)
            measured[name]["steps"][step] = action()
            _replace(MEASURED, json.dumps(measured, indent=1) + "\n")
            _replace(RESULTS, report(measured))


def _replace(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = file.with_suffix(file.suffix + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


if __name__ == "__main__":
    main()
