r"""Estimates as a LaTeX table and as ``\newcommand`` macros.

A macro's name may hold letters only, so a year is spelt out: ``\lagUsChinaRealizedTwoZeroTwoFive``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from frontierlag.dates import WORDS
from frontierlag.errors import SpecError
from frontierlag.intervals import OUTER
from frontierlag.report.cite.estimate import Estimate, Source
from frontierlag.report.cite.words import (
    MARKED,
    english,
    estimand,
    interval_of,
    one_line,
    share_of,
    undefined_share,
)
from frontierlag.results.last_day import spikes
from frontierlag.words import STAMP, joined_span

PREFIX = "lag"
_SPECIAL = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedblright{}",
    "`": r"\textasciigrave{}",
})  # fmt: skip
_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def escape(text: str) -> str:
    """Return text that LaTeX sets as it stands; line ends and control characters become spaces."""
    return one_line(text).translate(_SPECIAL)


def macro_name(e: Estimate, prefix: str, suffix: str) -> str:
    """Return a name of letters only, the same for the same comparison, lag, period and model."""
    words = re.split(r"[^A-Za-z0-9]+", f"{e.source.comparison} {e.lag} {e.period} {e.model}")
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    letters = re.sub(r"[0-9]", lambda digit: _DIGITS[int(digit.group())], joined)
    return f"{prefix}{letters}{suffix}"


def macros(estimates: Sequence[Estimate], prefix: str = PREFIX) -> str:
    """Return macros for each estimate: median, ends of the interval, months in words, sentence.

    Every name begins with the letters of ``prefix``: two results in one paper need two. A SpecError
    says that it has anything but letters, or that two estimates would have the same name.
    """
    if not re.fullmatch("[A-Za-z]+", prefix):
        raise SpecError(f"the prefix of a LaTeX macro has letters only; got {prefix!r}")
    lines = [f"% {one_line(estimates[0].source.attribution)}"]
    names: set[str] = set()
    for e in estimates:
        commands = {
            "Median": _signed(e, e.median),
            "Lower": _signed(e, e.lower),
            "Upper": _signed(e, e.upper),
            "Months": _months(e),
            "Sentence": escape(english(e)),
        }
        lines.append(f"% {one_line(estimand(e))}; {e.model}; {one_line(e.source.dataset)}")
        if e.day is not None:  # its values have probabilities, and no interval
            commands = {k: v for k, v in commands.items() if k not in ("Lower", "Upper")}
        for suffix, text in commands.items():
            name = macro_name(e, prefix, suffix)
            if name in names:
                raise SpecError(f"two of the requested models would share the macro \\{name}")
            names.add(name)
            stamp = "" if e.converged or suffix == "Sentence" else rf" \textbf{{{STAMP}}}"
            lines.append(rf"\newcommand{{\{name}}}{{{text}{stamp}}}")
    return "\n".join(lines)


def table(estimates: Sequence[Estimate]) -> str:
    """Return a table with a caption that says what the numbers are; needs the package booktabs."""
    s = estimates[0].source
    fitted = f"{s.fitted} behind " if s.fitted else ""
    vintage = f", vintage {s.vintage}" if s.vintage else ""
    caption = (
        f"Lag in months, {s.follower} behind {s.leader}: posterior median and {OUTER:.0%} "
        f"{s.interval_kind} interval. {fitted}{s.metric}, dataset {s.dataset}{vintage}, as of "
        f"{s.as_of}; {WORDS[s.dates]}. {s.attribution}"
    )
    rows = [
        {
            "estimand": escape(estimand(e)),
            "model": escape(e.model) + ("" if e.converged else rf" \textbf{{{STAMP}}}"),
            "median": _median(e),
            rf"{OUTER * 100:.0f}\% interval": _interval(e),
            MARKED: escape(share_of(e)) if e.censored > 0 else "--",
            "no lag": escape(undefined_share(e)) if e.undefined > 0 else "--",
        }
        for e in estimates
    ]
    written: str = (
        pd.DataFrame(rows)
        .style.hide(axis="index")
        .to_latex(
            column_format="llrrrr",
            hrules=True,
            position_float="centering",
            caption=escape(caption),
            label=f"tab:lag-{_slug(s.dataset)}-{_slug(s.comparison)}",
        )
    )
    return "% needs \\usepackage{booktabs}\n" + written.rstrip()


def _months(e: Estimate) -> str:
    if not e.defined:
        return "undefined"
    if e.day is not None:
        return escape(f"months with their probabilities: {spikes(e.day)}")
    kind = f"{OUTER * 100:.0f}\\% {e.source.interval_kind} interval"
    without = f"; no lag in {escape(undefined_share(e))} of the draws" if e.undefined > 0 else ""
    return f"{_median(e)} months ({kind} {_interval(e)}{without})"


def _slug(text: str) -> str:
    """Text as a part of a label or a key, which takes few characters."""
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _median(e: Estimate) -> str:
    return f"{'at least ' if e.at_least else ''}{_signed(e, e.median)}"


def _interval(e: Estimate) -> str:
    if e.day is not None:
        return escape(interval_of(e))
    return joined_span(_signed(e, e.lower), _signed(e, e.upper)) if e.defined else "--"


def _signed(e: Estimate, value: float) -> str:
    """A figure with a minus sign that is right in text and in mathematics."""
    return e.figure(value).replace("-", r"\ensuremath{-}") if e.defined else "undefined"


CITATION = "CITATION.cff"


def citation_file() -> dict[str, Any]:
    """Return what the ``CITATION.cff`` that is installed with the package says."""
    text = (resources.files("frontierlag") / CITATION).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def software_entry() -> str:
    """Return the entry for this software."""
    metadata = citation_file()
    fields = {
        "author": _authors(metadata["authors"]),
        "title": f"{{{escape(metadata['title'])}}}: {escape(metadata['abstract'])}",
        "version": escape(str(metadata["version"])),
        "note": (
            f"Version {escape(str(metadata['version']))}, licence {escape(metadata['license'])}"
        ),
    }
    if "date-released" in metadata:
        fields["year"] = str(metadata["date-released"])[:4]
    if "repository-code" in metadata:
        fields["url"] = metadata["repository-code"]
    return _entry("software", metadata["title"], fields)


def data_entry(source: Source) -> str:
    """Return the entry for a score table: Epoch AI's, or a user's own by its name and hash."""
    said = [f"Dataset {source.dataset}"]
    said += [f"vintage {source.vintage}"] if source.vintage else []
    said += [f"as of {source.as_of}", f"SHA-256 {source.sha256}"]
    said += [f"{source.fitted}, SHA-256 {source.fitted_sha256}"] if source.fitted else []
    fields = {"title": f"{{{escape(source.dataset)}}}", "note": escape(", ".join(said))}
    if source.of_epoch:
        (data,) = (r for r in citation_file()["references"] if r["type"] == "data")
        fields = {
            "author": _authors(data["authors"]),
            "title": f"{{{escape(data['title'])}}}",
            "url": data["url"],
            "note": escape(f"{', '.join(said)}. Licensed under CC BY 4.0"),
        }
    if source.vintage:
        fields["year"] = source.vintage[:4]
    return _entry("misc", f"{'epoch-ai-' if source.of_epoch else ''}{source.dataset}", fields)


def entries(source: Source) -> str:
    """Return both entries."""
    return f"{data_entry(source)}\n\n{software_entry()}"


def _authors(listed: list[dict[str, str]]) -> str:
    """Names as BibTeX takes them: a body in braces, which has no first and last name."""
    names = [
        f"{{{escape(a['name'])}}}"
        if "name" in a
        else escape(f"{a['family-names']}, {a.get('given-names', '')}".rstrip(", "))
        for a in listed
    ]
    return " and ".join(names)


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@{kind}{{{_slug(key) or 'data'},\n{lines}\n}}"
