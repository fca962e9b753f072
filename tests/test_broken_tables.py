"""Broken tables, thousands of them: a table is read right or refused in words, nothing between."""

import csv
import io
import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import frontierlag
from frontierlag.errors import FrontierLagError, ScoresError
from frontierlag.machine.files import as_text, csv_text, write_csv
from frontierlag.scores import load_scores, parse_comparison, releases
from frontierlag.scores.reading.layouts import LAYOUTS
from frontierlag.scores.reading.parsing import is_blank, parse_date, plain

COLUMNS = ("model", "organization", "country", "weights", "released", "score", "low", "high")
START = date(2023, 1, 1)

NUMBERS = st.one_of(
    st.floats(-1e6, 1e6).map(repr),
    st.sampled_from([
        *("", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999", "1e-400", "0x10"),
        *("1_000", "1,5", "12 %", "٣", "１２", "--3", "+4", ".5", "5.", "1e3", "true", "=1"),
    ]),
)  # fmt: skip
DATES = st.one_of(
    st.dates(date(1900, 1, 1), date(2200, 1, 1)).map(str),
    st.dates(START, date(2026, 1, 1)).map(str),
    st.dates(START, date(2026, 1, 1)).map(lambda d: f"{d:%d/%m/%Y}"),
    st.sampled_from([
        *("", "2024-02-30", "2024-1-5", "Jan 2024", "45292", "0000-00-00", "2024-01-05T00:00"),
        *("2024-01-05 12:00", "NaT", "２０２４-01-05", "today", "=TODAY()"),
    ]),
)  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from([
        *("=1+1", "@cmd", "+A1", "-A1", "=HYPERLINK(\"x\")", "[/b]", "\x1b[31m"),
        *("<script>", "\x00"),
        *("a\nb", "a\rb", 'a"b', "a,b", "a;b", " a ", "\u2028", "\x85", "\x0b", "\ufeff", "nan"),
        *("USA", "China", "UK;USA", "open", "closed", "Open", "unknown", "GPT-5", "中国"),
    ]),
)  # fmt: skip
ROW = st.tuples(TEXT, TEXT, TEXT, TEXT, DATES, NUMBERS, NUMBERS, NUMBERS)
GENTLE = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def written(rows, header=COLUMNS, delimiter=",", end="\n"):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def read(tmp_path, content):
    """The table in some bytes, or None if it is refused in words."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    try:
        return load_scores(path)
    except FrontierLagError:
        return None


def sound(table):
    """What holds of every table that is not refused."""
    frame = table.frame
    numbers = frame[["score", "low", "high", "stderr"]].to_numpy(dtype=float)
    assert not np.isinf(numbers).any()
    both = frame["low"].notna() & frame["high"].notna()
    assert (frame["low"].isna() == frame["high"].isna()).all()
    assert (frame.loc[both, "low"] <= frame.loc[both, "high"]).all()
    scored = frame[both & frame["score"].notna()]
    assert (scored["low"] <= scored["score"] + 1e-9).all()
    assert (scored["score"] <= scored["high"] + 1e-9).all()
    assert not (frame["stderr"] < 0).any()
    usable = frame[frame["released"].notna() & frame["score"].notna()]
    assert usable["model"].is_unique
    assert (usable["model"] != "").all()
    assert usable["released"].between("2015-01-01", "2100-12-31").all()
    assert not any(ord(c) < 32 or c == "\x7f" for name in frame["model"] for c in name)
    assert table.as_of >= usable["released"].max().date()
    for comparison in ("us-china", "closed-open"):
        try:
            found = releases(table, parse_comparison(comparison, table))
        except ScoresError:
            continue  # the table has no such groups, and that was said
        assert np.isfinite(found.score).all()
        assert np.isfinite(found.stderr).all()
        assert (found.stderr >= 0).all()


@GENTLE
@given(rows=st.lists(ROW, max_size=6), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_rows_of_anything(tmp_path, rows, end):
    table = read(tmp_path, written(rows, end=end).encode("utf-8", "surrogatepass"))
    if table is not None:
        sound(table)


@GENTLE
@given(content=st.binary(max_size=300))
def test_bytes_of_anything(tmp_path, content):
    table = read(tmp_path, content)
    if table is not None:
        sound(table)


@GENTLE
@given(
    rows=st.lists(ROW, min_size=1, max_size=3),
    header=st.lists(st.sampled_from([*COLUMNS, "stderr", "eci", "accuracy", ""]), max_size=9),
    delimiter=st.sampled_from(",;\t|"),
)  # fmt: skip
def test_headers_of_anything(tmp_path, rows, header, delimiter):
    cut = [row[: len(header)] for row in rows]
    table = read(tmp_path, written(cut, header, delimiter).encode("utf-8", "surrogatepass"))
    if table is not None:
        sound(table)


def good_rows(n):
    """Rows that must be read exactly as they stand."""
    rows = []
    for i in range(n):
        group = ("USA", "closed") if i % 2 else ("China", "open")
        score = 100 + i / 10
        day = START + timedelta(days=i % 1000)
        rows.append((f"m{i}", "o", *group, str(day), f"{score:.1f}", f"{score - 1:.1f}",
                     f"{score + 1:.1f}"))  # fmt: skip
    return rows


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252", "gb18030", "shift_jis")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_is_read_right_or_refused(tmp_path, encoding):
    rows = [("模型é" if encoding in ("gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-32") else
             ("modèle" if encoding != "shift_jis" else "モデル"), *row[1:]) if i == 3 else row
            for i, row in enumerate(good_rows(8))]  # fmt: skip
    table = read(tmp_path, written(rows).encode(encoding))
    names = [row[0] for row in rows]
    if encoding in ("gb18030", "shift_jis"):
        # One name is little to know a code page by: what was guessed is said with the name.
        assert (
            table is None
            or table.frame["model"].tolist() == names
            or any(
                table.frame["model"].iloc[3] in finding.text
                for finding in table.reading.of("check")
            )
        )
        return
    assert table.frame["model"].tolist() == names
    said = [f for f in table.reading.of("check") if "not UTF-8" in f.text]
    assert bool(said) == (encoding in ("latin-1", "cp1252"))


@GENTLE
@given(
    which=st.integers(0, 7),
    column=st.sampled_from(["released", "score", "low", "high"]),
    cell=st.one_of(NUMBERS, DATES),
)
def test_one_bad_cell_is_refused_or_read_as_the_number_it_is(tmp_path, which, column, cell):
    at = COLUMNS.index(column)
    rows = [tuple(cell if (i, j) == (which, at) else c for j, c in enumerate(row))
            for i, row in enumerate(good_rows(8))]  # fmt: skip
    table = read(tmp_path, written(rows).encode("utf-8"))
    if table is None:
        return
    sound(table)
    got = table.frame[column].iloc[which]
    if column == "released":
        assert got.date() == parse_date(plain(cell)) if got == got else is_blank(cell)
    elif got == got:
        assert got == float(cell)
        assert math.isfinite(got)
    else:
        assert is_blank(cell)
    others = [i for i in range(8) if i != which]
    assert [f"{s:.1f}" for s in table.frame["score"].iloc[others]] == [rows[i][5] for i in others]


@pytest.mark.parametrize("mixed", ["\n", "\r\n", "\r", "mixed"])
def test_line_ends_change_nothing(tmp_path, mixed):
    lines = written(good_rows(9)).splitlines()
    ends = [("\n", "\r\n", "\n\n")[i % 3] if mixed == "mixed" else mixed for i in range(len(lines))]
    table = read(tmp_path, "".join(a + b for a, b in zip(lines, ends, strict=True)).encode())
    assert table is not None
    assert table.frame["model"].tolist() == [f"m{i}" for i in range(9)]


FORMULAS = ("=1+1", "@cmd", "+A1", "-A1", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0")


def test_strings_like_formulas_are_text(tmp_path):
    rows = [(name, *row[1:]) for name, row in zip(FORMULAS, good_rows(6), strict=True)]
    table = read(tmp_path, written(rows).encode())
    assert table.frame["model"].tolist() == list(FORMULAS)


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named_or_not_needed(tmp_path, missing):
    at = COLUMNS.index(missing)
    rows = [[c for j, c in enumerate(row) if j != at] for row in good_rows(8)]
    path = tmp_path / "table.csv"
    path.write_text(written(rows, [c for c in COLUMNS if c != missing]))
    if missing in ("model", "released", "score"):
        with pytest.raises(ScoresError, match=f"'{missing}'"):
            load_scores(path)
    elif missing in ("low", "high"):
        with pytest.raises(ScoresError, match=f"give {missing} too"):
            load_scores(path)
    else:
        assert len(load_scores(path).frame) == 8


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@GENTLE
@given(rows=st.lists(ROW, max_size=4))
def test_every_layout_takes_anything(tmp_path, layout, rows):
    names = ("model", "organization", "country", "weights", "released", "score", "low", "high")
    header = [layout.columns[n][0] if n in layout.columns else f"other {n}" for n in names]
    table = read(tmp_path, written(rows, header).encode("utf-8", "surrogatepass"))
    if table is not None:
        sound(table)


def test_0_rows_1_row_and_100_000_rows(tmp_path):
    assert read(tmp_path, written([]).encode()) is None
    one = [("m", "o", "USA", "open", "2024-01-01", "1", "0", "2")]
    assert read(tmp_path, written(one).encode()) is None  # no scale can be read from one score
    table = read(tmp_path, written(good_rows(100_000)).encode())
    assert len(table.frame) == 100_000
    assert table.frame["score"].iloc[-1] == 100 + 99_999 / 10


def test_100_000_bad_rows_are_counted_and_the_first_ones_shown(tmp_path):
    rows = [(*row[:5], "x", *row[6:]) for row in good_rows(100_000)]
    path = tmp_path / "table.csv"
    path.write_text(written(rows))
    with pytest.raises(ScoresError) as caught:
        load_scores(path)
    assert "100000 problem(s)" in str(caught.value)
    assert len(str(caught.value)) < 5000


def test_parquet_of_anything(tmp_path):
    frames = [
        pd.DataFrame({"model": [1, 2], "released": [1.5, 2.5], "score": ["a", "b"], "weights": 1}),
        pd.DataFrame({"model": [None, b"x"], "released": [None, None], "score": [[1], [2]],
                      "weights": ["open", "closed"]}),
        pd.DataFrame({"model": [], "released": [], "score": [], "weights": []}),
    ]  # fmt: skip
    for frame in frames:
        path = tmp_path / "table.parquet"
        frame.to_parquet(path)
        with pytest.raises(ScoresError):
            load_scores(path)


def test_tables_of_ours_keep_formulas_from_running_and_change_nothing_else(tmp_path):
    names = [*FORMULAS, "GPT-5", "-", "-0.5", "中国", None]
    table = pd.DataFrame({"model": names, "score": [-1.5] * len(names), "ok": True})
    safe = as_text(table)
    assert safe["model"].tolist()[:6] == [f"'{name}" for name in FORMULAS]
    assert safe["model"].tolist()[6:10] == names[6:10]
    assert pd.isna(safe["model"].iloc[10])
    pd.testing.assert_frame_equal(safe[["score", "ok"]], table[["score", "ok"]])


def test_every_table_is_written_by_the_guarded_writer(tmp_path):
    """No other place of the program writes CSV, so none can forget the guard."""
    source = Path(frontierlag.__file__).parent
    writers = [p.name for p in source.rglob("*.py") if ".to_csv(" in p.read_text("utf-8")]
    # table.py turns a DataFrame into the bytes that a file would have, and writes none of them.
    assert sorted(writers) == ["files.py", "table.py"]
    table = pd.DataFrame({"target": ["=1+1", "lag"], "crps": [0.5, -1.0]})
    write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "target,crps\n'=1+1,0.5\nlag,-1.0\n"
    assert csv_text(table) == "target,crps\n'=1+1,0.5\nlag,-1.0"


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\x07", "a\x9bm"])
def test_a_control_character_in_a_name_is_refused(tmp_path, name):
    rows = [(name, *row[1:]) if i == 3 else row for i, row in enumerate(good_rows(8))]
    (tmp_path / "table.csv").write_text(written(rows), encoding="utf-8")
    with pytest.raises(ScoresError, match=r"row 5, column 'model'.*control character") as caught:
        load_scores(tmp_path / "table.csv")
    assert "\x1b" not in str(caught.value)
