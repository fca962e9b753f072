"""One invented table in many clothes: every kind of file and fault that people report.

The table is 50 models, 30 of the USA and 20 of China, with 90 % intervals. A case is what is
written to disk, how it is read, and what must come of it: the same releases, or words.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from frontierlag.scores import ReadOptions

COLUMNS = ("model", "organization", "country", "weights", "released", "score", "low", "high")
Row = dict[str, str]


def base() -> list[Row]:
    """The table, in the order of its dates."""
    of = random.Random(12)
    rows: list[Row] = []
    makers = {"USA": ("Northwind", "Helio Labs", "Calder AI"), "China": ("Jade Peak", "Lanhe")}
    for country, count, behind, weights in (
        ("USA", 30, 0, "closed"),
        ("China", 20, 210, "open"),
    ):
        for i in range(count):
            day = date(2023, 1, 10) + timedelta(days=round((i + of.random()) * 1000 / count))
            ability = 100 + (day.toordinal() - date(2023, 1, 1).toordinal() - behind) * 0.035
            score = round(ability + of.gauss(0, 2.5), 2)
            rows.append({
                "model": f"{makers[country][i % len(makers[country])].split()[0]} {i}.{i % 4}",
                "organization": makers[country][i % len(makers[country])],
                "country": country,
                "weights": weights,
                "released": str(day),
                "score": f"{score:.2f}",
                "low": f"{score - 3:.2f}",
                "high": f"{score + 3:.2f}",
            })  # fmt: skip
    return sorted(rows, key=lambda row: row["released"])


def accuracies() -> list[Row]:
    """The same models with the share of 200 problems that they solve and its standard error."""
    rows = []
    for row in base():
        solved = min(max((float(row["score"]) - 90) / 60, 0.02), 0.97)
        kept = {name: row[name] for name in COLUMNS if name not in ("score", "low", "high")}
        error = (solved * (1 - solved) / 199) ** 0.5
        rows.append({**kept, "accuracy": f"{solved:.4f}", "stderr": f"{error:.5f}"})
    return rows


def written(
    rows: Sequence[Row], delimiter: str = ",", end: str = "\n", names: dict[str, str] | None = None
) -> str:
    """Rows as text, under their own or other headings."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow([(names or {}).get(name, name) for name in rows[0]])
    writer.writerows([list(row.values()) for row in rows])
    return out.getvalue()


def changed(column: str, by: Callable[[str], str], rows: Sequence[Row] | None = None) -> list[Row]:
    """Rows with one column rewritten."""
    return [{**row, column: by(row[column])} for row in (rows or base())]


def numbers(by: Callable[[float], str]) -> list[Row]:
    """Rows with score and interval rewritten."""
    return [
        {**row, **{name: by(float(row[name])) for name in ("score", "low", "high")}}
        for row in base()
    ]


def every(n: int, column: str, values: Sequence[str], where: str = "China") -> list[Row]:
    """Rows of one country of which every nth cell of a column has another value, in turn."""
    rows, seen, at = base(), 0, 0
    for row in rows:
        if row["country"] == where:
            if seen % n == 0:
                row[column] = values[at % len(values)]
                at += 1
            seen += 1
    return rows


def workbook(rows: Sequence[Row], sheets: int = 1) -> bytes:
    """Rows as an Excel workbook with inline strings and numbers."""

    def cell(value: str) -> str:
        try:
            return f"<c><v>{float(value)!r}</v></c>"
        except ValueError:
            safe = value.replace("&", "&amp;").replace("<", "&lt;")
            return f'<c t="inlineStr"><is><t>{safe}</t></is></c>'

    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    body = "".join(f"<row>{''.join(map(cell, line))}</row>" for line in lines)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    number = range(1, sheets + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{office}.sheet.main+xml"/>'
        + "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" '
                  f'ContentType="{office}.worksheet+xml"/>' for i in number) + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
        + "".join(f'<sheet name="Sheet{i}" sheetId="{i}" r:id="rId{i}"/>' for i in number)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(f'<Relationship Id="rId{i}" Type="{rel}/worksheet" '
                  f'Target="worksheets/sheet{i}.xml"/>' for i in number) + "</Relationships>",
        **{f"xl/worksheets/sheet{i}.xml":
           f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>' for i in number},
    }  # fmt: skip
    return zipped({name: text.encode() for name, text in parts.items()})


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@dataclass(frozen=True)
class Case:
    """What is written, how it is read, and what must come of it.

    `refused` are words of the message, all of them; `warned` words of the findings, and `noted`
    those of the notes. Without `refused` and `warned` the releases are those of `like`, and nothing
    is found to be wrong. Closed and open divide the table as USA and China do.
    """

    name: str
    content: bytes
    refused: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    comparison: str = "us-china"
    options: ReadOptions = field(default_factory=ReadOptions)
    like: str = "base"
    file: str = "table.csv"
    same: bool = True
    digits: float = 0.0


def _text(name: str, rows: Sequence[Row], **more: object) -> Case:
    return Case(name, written(rows).encode(), **more)  # type: ignore[arg-type]


def _day(spelling: str) -> list[Row]:
    return changed("released", lambda day: date.fromisoformat(day).strftime(spelling))


def _weights(heading: str, **words: str) -> bytes:
    """The table with its weights in other words, under another heading."""
    return written(changed("weights", lambda w: words[w]), names={"weights": heading}).encode()


def _some_weights(heading: str, words: str) -> bytes:
    """Licences, those of every fifth closed model in other words."""
    rows, seen = base(), 0
    for row in rows:
        closed = row["weights"] == "closed"
        row["weights"] = words if closed and seen % 5 == 0 else (
            "Proprietary" if closed else "MIT")  # fmt: skip
        seen += closed
    return written(rows, names={"weights": heading}).encode()


def _weights_cases() -> list[Case]:
    """Ticks, crosses and licences: what may mean either is refused, what is read is named."""
    asks, licence = "Open weights", "License"
    return [
        Case("a tick and a no", _weights(asks, open="✓", closed="no"),
             noted=("'✓' is read as open (20 rows)",), comparison="closed-open"),
        Case("a tick and a cross", _weights(asks, open="✓", closed="x"),
             refused=("'x'", "row ", "'✓'", "open or closed")),
        Case("a cross and a no", _weights(asks, open="x", closed="no"),
             refused=("'x'", "row ", "'no'", "open or closed")),
        Case("a cross or nothing", _weights(asks, open="X", closed=""),
             warned=("merged cells",), noted=("'X' is read as open (20 rows)",)),
        Case("licences", _weights(licence, open="Apache 2.0", closed="Proprietary"),
             noted=("'Apache 2.0' is read as open (20 rows)",), comparison="closed-open"),
        Case("a brand's licence", _weights(licence, open="Llama 3.1 Community License",
                                           closed="Closed (terms of use)"),
             noted=("'Llama 3.1 Community License' is read as open (20 rows)",
                    "'Closed (terms of use)' is read as closed (30 rows)"),
             comparison="closed-open"),
        Case("proprietary with a brand", _some_weights(
            licence, "Proprietary (Qwen terms of service)"),
            noted=("'Proprietary (Qwen terms of service)' is read as closed (6 rows)",),
            comparison="closed-open"),
        Case("a brand alone", _some_weights(licence, "Qwen"),
             warned=("'Qwen'", "not known as open or closed"), same=False,
             comparison="closed-open"),
        *(Case(f"licence: {words}", _some_weights(licence, words),
               refused=(repr(words), "(row ", "open or closed"))
          for words in ("Not open source", "DeepSeek API", "Gemma-style, weights not public")),
    ]  # fmt: skip


def cases() -> list[Case]:
    """Every case."""
    rows, text = base(), written(base())
    plain = text.encode()
    with_index = [{"index": str(i), **row} for i, row in enumerate(rows)]
    averages = [
        {name: row[name] for name in ("index", "model", "country", "released")}
        | {"average": row["score"]}
        for row in with_index
    ]
    accuracy = accuracies()
    percents = [
        {**r, "accuracy": f"{float(r['accuracy']) * 100:.2f}",
         "stderr": f"{float(r['stderr']) * 100:.3f}"} for r in accuracy
    ]  # fmt: skip
    as_score = [{("score" if k == "accuracy" else k): v for k, v in r.items()} for r in percents]
    fraction_error = [{**s, "stderr": r["stderr"]} for s, r in zip(as_score, accuracy, strict=True)]
    wide = changed("low", lambda x: x)
    for row in wide:
        score = float(row["score"])
        row["low"], row["high"] = (f"{score + s * 3 * 1.959964 / 1.644854:.6f}" for s in (-1, 1))
    elo = numbers(lambda x: f"{(x - 70) * 18 + 300:.0f}")
    german = [
        {k: (f"{int(v) // 1000}.{int(v) % 1000:03d}" if k in ("score", "low", "high")
             and int(v) >= 1000 else v) for k, v in row.items()} for row in elo
    ]  # fmt: skip
    typo = base()
    typo[20]["score"] = f"{float(typo[20]['score']) * 10:.1f}"
    typo[20]["low"], typo[20]["high"] = (
        f"{float(typo[20]['score']) - 3:.1f}",
        f"{float(typo[20]['score']) + 3:.1f}",
    )
    shares = [
        {**row, **{k: f"{float(row[k]) / 2:.3f}" for k in ("score", "low", "high")}} for row in rows
    ]
    half = [
        {**r, **{k: f"{float(r[k]) / 100:.5f}" for k in ("score", "low", "high")}} if i % 2 else r
        for i, r in enumerate(shares)
    ]
    falling = [
        {k: v for k, v in row.items() if k not in ("low", "high")}
        | {"score": f"{200 - float(row['score']):.2f}"}
        for row in rows
    ]
    twice = [*rows, {**rows[3], "model": rows[3]["model"].upper().replace(" ", "-"),
                     "score": "101.00", "low": "98.00", "high": "104.00"}]  # fmt: skip
    reruns = [*rows, {**rows[3], "score": "90.00", "low": "87.00", "high": "93.00"}]
    gaps = [{**row, "low": "", "high": ""} if i % 4 == 0 else row for i, row in enumerate(rows)]
    ahead = [*rows, {**rows[-1], "model": "Announced 9", "released": "2026-12-01"}]
    records = [{k: float(v) if k in ("score", "low", "high") else v for k, v in r.items()}
               for r in rows]  # fmt: skip
    arena = [
        {"rank": str(i), "model": r["model"], "arena_score": r["score"], "95_pct_ci": "+4/-5",
         "organization": r["organization"], "license": "Proprietary" if r["weights"] == "closed"
         else "Apache 2.0", "released": r["released"], "country": r["country"]}
        for i, r in enumerate(rows, start=1)
    ]  # fmt: skip
    zeros = [{**r, "stderr": "0.0"} if i % 2 else r for i, r in enumerate(accuracy)]
    return [
        Case("as it is", plain),
        Case("byte order mark and CRLF", written(rows, end="\r\n").encode("utf-8-sig")),
        Case("UTF-16", text.encode("utf-16")),
        Case("UTF-16 without a mark", text.encode("utf-16-le"), warned=("UTF-16-LE",)),
        Case("semicolons", written(rows, ";").encode()),
        Case("tabs", written(rows, "\t").encode()),
        Case("pipes", written(rows, "|").encode()),
        Case("sep line", ("sep=;\n" + written(rows, ";")).encode()),
        Case("decimal commas", written(numbers(lambda x: f"{x:.2f}".replace(".", ",")),
                                       ";").encode()),
        Case("decimal commas in quotes", written(numbers(
            lambda x: f"{x:.2f}".replace(".", ","))).encode()),
        Case("a stray decimal comma", written([
            *rows[:-1], {**rows[-1], "score": rows[-1]["score"].replace(".", ",")}]).encode(),
            refused=("decimal comma", "(row 51, score)")),
        Case("quoted thousands", written(numbers(lambda x: f"{x * 100:,.0f}")).encode(),
             like="times 100"),
        Case("spaces between thousands", written(numbers(
            lambda x: f"{x * 100:,.0f}".replace(",", "\u202f"))).encode(), like="times 100"),
        Case("German thousands", written(german, ";").encode(),
             refused=("this may be", "no other cell", "decimal point")),
        Case("title lines", ("Scores of models, 2025\n\n# made by hand\n" + text).encode()),
        Case("a source line below", (text + "\nSource: a leaderboard\n").encode(),
             warned=("Source: a leaderboard",)),
        Case("empty columns at the end", "\n".join(
            line + ",," for line in text.splitlines()).encode()),
        Case("code page", text.replace("Northwind", "Nørdwind").encode("cp1252"),
             warned=("cp1252", "Nørdwind")),
        Case("JSON", json.dumps(records).encode(), file="t.json"),
        Case("JSON in an object", json.dumps({"data": records}).encode(), file="t.json"),
        Case("JSON of columns", json.dumps({c: [r[c] for r in records] for c in COLUMNS}).encode(),
             file="t.json"),
        Case("JSON lines", "\n".join(map(json.dumps, records)).encode(), file="t.jsonl"),
        Case("workbook", workbook(rows), file="t.xlsx"),
        Case("workbook of two sheets", workbook(rows, 2), file="t.xlsx",
             refused=("2 sheets", "Sheet1, Sheet2")),
        Case("a broken workbook", workbook(rows)[:700], file="t.xlsx", refused=("broken",)),
        Case("gzip", gzip.compress(plain), file="t.csv.gz"),
        Case("zip", zipped({"README.md": b"# read me", "scores.csv": plain}), file="t.zip"),
        Case("zip of two tables", zipped({"a.csv": plain, "b.csv": plain}), file="t.zip",
             refused=("2 tables", "a.csv, b.csv")),
        Case("HTML", b"<!DOCTYPE html><html><table></table></html>", refused=("HTML", "download")),
        Case("Markdown", b"| model | score |\n|---|---|\n| a | 1 |\n", refused=("Markdown", "CSV")),
        Case("SQLite", b"SQLite format 3\x00", refused=("SQLite", "export")),
        Case("YAML of something", b"a: 1\nb: [2]\n", file="t.yaml", refused=("YAML", "records")),
        Case("usual headings", written(rows, names={
            "model": "Model Name", "organization": "Developer", "weights": "Open weights",
            "released": "Release date", "low": "CI low", "high": "CI_high"}).encode()),
        Case("an interval's level in its headings", written(wide, names={
            "low": "lower_95", "high": "upper_95"}).encode(), digits=1e-5),
        Case("an interval's level by option", written(wide).encode(), digits=1e-5,
             options=ReadOptions(interval_level=0.95)),
        Case("any column by option", written(rows, names={"score": "Points!"}).encode(),
             options=ReadOptions(column=("score=points!",))),
        Case("an unknown column", written(rows, names={"score": "Points!"}).encode(),
             refused=("'Points!'", "--column score=HEADING")),
        Case("two scores", written([{**r, "score": r["score"], "elo": r["score"]}
                                    for r in rows], names={"score": "rating"}).encode(),
             refused=("2 columns", "'rating'", "'elo'", "--column")),
        Case("a score and another", written([{**r, "elo": "1"} for r in rows]).encode(),
             warned=("'elo'", "not used")),
        Case("errors that are not used", written([{**r, "sd": "3"} for r in falling_free(rows)]
                                                 ).encode(),
             warned=("'sd'", "not used", "--column"), same=False),
        Case("offsets", written([{**r, "low": "-3", "high": "+3"} for r in rows]).encode(),
             refused=("distances", "row 2")),
        Case("plus minus", written([{**r, "score": f"{r['score']} ± 3.00"}
                                    for r in falling_free(rows)]).encode(),
             refused=("±", "row 2", "--interval-level")),
        Case("plus minus by option", written([{**r, "score": f"{r['score']} ± 3.00"}
                                              for r in falling_free(rows)]).encode(),
             options=ReadOptions(interval_level=0.9), digits=1e-9),
        Case("Arena with dates", written(arena).encode(), like="arena", digits=1e-9),
        Case("Arena without dates", written([{k: v for k, v in r.items() if k != "released"}
                                             for r in arena]).encode(),
             refused=("no release dates", "--dates-from")),
        Case("row numbers", written(with_index).encode()),
        Case("row numbers and an average", written(averages).encode(), like="no intervals"),
        Case("countries", written(every(1, "country", [
            "CN", "CHN", "People’s Republic of China", "P.R. China", "Mainland China", "PRC",
            "China\u200b", "\u00a0China", "中国", "china", "Ｃhina"])).encode()),
        Case("more countries", written(every(1, "country", [
            "U.S.A.", "US", "America", "United States of America", "\u200eUSA", "usa", "U.S."],
            "USA")).encode()),
        Case("an unknown country", written(every(5, "country", ["Chyna"])).encode(),
             warned=("'Chyna'", "no country"), same=False),
        Case("two countries", written(every(5, "country", ["USA/China"])).encode(),
             warned=("'USA/China'", "left out"), same=False),
        Case("Hong Kong and Taiwan", written(every(5, "country", [
            "Hong Kong, China", "Taiwan, China"])).encode(),
            warned=("groups of their own", "Hong Kong, China"), same=False),
        Case("weights in words", written(changed("weights", lambda w: {
            "open": "Open weights", "closed": "Proprietary"}[w])).encode()),
        Case("weights as answers", written(changed("weights", lambda w: {
            "open": "TRUE", "closed": "FALSE"}[w]), names={"weights": "Open weights"}).encode()),
        Case("weights as TRUE", written(changed("weights", lambda w: {
            "open": "TRUE", "closed": "FALSE"}[w])).encode(), refused=("'TRUE'", "open or closed")),
        *_weights_cases(),
        _text("dates with slashes", _day("%Y/%m/%d")),
        _text("dates without marks", _day("%Y%m%d")),
        _text("dates with a time", _day("%Y-%m-%d 23:30:00")),
        _text("dates with a zone", _day("%Y-%m-%dT23:30:00-07:00")),
        _text("dates in words", _day("%B %d, %Y")),
        _text("dates without zeros", changed("released", lambda d: "-".join(
            part.lstrip("0") for part in d.split("-")))),
        _text("day, month, year", _day("%d/%m/%Y"), refused=("day and month", "row 2")),
        _text("month, day, year", _day("%m/%d/%Y"), refused=("day and month", "YYYY-MM-DD")),
        _text("year, day, month", _day("%Y-%d-%m"), refused=("before the month", "YYYY-MM-DD")),
        _text("dotted dates", _day("%d.%m.%Y"), refused=("day and month", "YYYY-MM-DD")),
        _text("months", _day("%Y-%m"), refused=("a day is needed", "row 2")),
        _text("months in words", _day("%b %Y"), refused=("a day is needed", "row 2")),
        _text("serials", changed("released", lambda d: str(
            (date.fromisoformat(d) - date(1899, 12, 30)).days)), refused=("Excel counts days",)),
        _text("seconds", changed("released", lambda d: str(
            (date.fromisoformat(d) - date(1970, 1, 1)).days * 86400)), refused=("Unix time",)),
        _text("zero dates", [*rows, {**rows[0], "model": "z", "released": "1900-01-00"}],
              refused=("empty or zero cell", "row 52")),
        _text("before models", [*rows, {**rows[0], "model": "z", "released": "1969-12-31"}],
              refused=("2015-01-01", "row 52")),
        Case("a validity date in the name", plain, file="scores_2031-01-01.csv",
             warned=("2031-01-01", "as-of")),
        _text("announced ahead", ahead, warned=("Announced 9", "days after every other"),
              same=False),
        Case("dashes", written([*rows, {**rows[0], "model": "z", "score": "-", "low": "#N/A",
                                        "high": "n/a"}]).encode()),
        _text("one score ten times too large", typo, refused=("row 22", "10 times as small")),
        _text("two scales", half, refused=("100 times as large", "two scales")),
        _text("scores that fall", falling, refused=("fall while time goes on", "--lower")),
        Case("scores that fall, said", written(falling).encode(), like="no intervals and moved",
             options=ReadOptions(lower_is_better=True)),
        Case("perplexity", written(falling, names={"score": "Perplexity"}).encode(),
             refused=("less is better", "--lower-is-better", "score=Perplexity")),
        _text("one model in two spellings", twice, refused=("row 5", "row 52", "--reruns")),
        _text("reruns", reruns, refused=("row 5", "the same name", "--reruns")),
        _text("the best of reruns", reruns, options=ReadOptions(reruns="best")),
        _text("rows without an interval", gaps, refused=("row 2", "--missing-intervals")),
        _text("rows without an interval, median", gaps, warned=("median error",), digits=1e-9,
              options=ReadOptions(missing_intervals="median")),
        _text("zero width", [{**r, "low": r["score"], "high": r["score"]} if i == 7 else r
                             for i, r in enumerate(rows)], warned=("exact", "row 9"), same=False),
        Case("Elo under a name like the index's", written(elo).encode(), file="eci_elo.csv",
             warned=("Not read as ECI",), like="elo"),
        _text("accuracies", accuracy, like="accuracy"),
        _text("accuracies in percent", percents, refused=("divide percentages", "row 2")),
        _text("accuracies in percent, said", percents, like="accuracy", digits=2e-4,
              options=ReadOptions(metric="percent")),
        _text("percent signs", [{**r, "accuracy": f"{r['accuracy']} %", "stderr": f"{r['stderr']}%"}
                                for r in percents], like="accuracy", digits=2e-4),
        _text("percentages under score", as_score, refused=("0 to 100", "--metric percent")),
        _text("fractions as errors of percentages", fraction_error,
              refused=("standard errors look like fractions",)),
        _text("errors in percent points", [{**a, "stderr": p["stderr"]} for a, p in
                                           zip(accuracy, percents, strict=True)],
              refused=("no accuracy has such a standard error", "row 2")),
        _text("zeros as errors", zeros, like="accuracy", warned=("cannot be", "row 3"),
              digits=1e-2),
        Case("time horizons", written([{**r, "score": f"{2 ** (float(r['score']) / 10 - 8):.9g}"}
                                       for r in falling_free(rows)],
                                      names={"score": "minutes"}).encode(), like="log2",
             digits=1e-6),
    ]  # fmt: skip


def falling_free(rows: Sequence[Row]) -> list[Row]:
    """Rows without their intervals."""
    return [{k: v for k, v in row.items() if k not in ("low", "high")} for row in rows]
