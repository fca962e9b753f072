"""Fetching from a real server on loopback that misbehaves in every way that was thought of."""

import asyncio
import csv
import gzip
import io
import json
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from loopback import serving

from frontierlag.cli import main
from frontierlag.errors import FetchError, ScoresError
from frontierlag.machine.caches import VARIABLE
from frontierlag.scores import ATTRIBUTION, load_scores
from frontierlag.scores.fetch import Limits, Unreachable, fetch, file_name, kept_copies
from frontierlag.scores.side_by_side import what_changed

DAY = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
NEXT = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)
QUICK = Limits(size=200_000, seconds=3.0, redirects=3, allow_http=True)
WEIGHTS = {"open": "Open weights (unrestricted)", "closed": "API access"}


def epoch_csv(skip=0, **scores):
    """The newest reference table as Epoch AI lays out its own file."""
    frame = load_scores("eci-2026-08-11").frame.iloc[skip:]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([
        "Model", "eci", "eci_ci_low", "eci_ci_high", "date", "Organization",
        "Country (of organization)", "Model accessibility",
    ])  # fmt: skip
    for row in frame.itertuples():
        shift = scores.get(row.model, 0.0)
        numbers = [f"{v + shift:.4f}" if v == v else "" for v in (row.score, row.low, row.high)]
        day = f"{row.released:%Y-%m-%d}" if row.released == row.released else ""
        cells = [day, row.organization, row.country, WEIGHTS.get(row.weights, "")]
        writer.writerow([row.model, *numbers, *cells])
    return out.getvalue().encode()


GOOD = epoch_csv()


class Server(ThreadingHTTPServer):
    """Answers as the test tells it to; remembers what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = lambda request: request.say(GOOD)
        self.asked = []

    def url(self, path="/eci_scores.csv"):
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        self.close_connection = True
        self.server.answer(self)

    def say(self, body=b"", code=200, length=None, kind="text/csv", **headers):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        if length != "none":
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    with serving(Server(), monkeypatch) as made:
        yield made


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_table_is_kept_by_content_with_its_record(server, cache):
    server.answer = lambda request: request.say(GOOD, ETag='"v1"', Last_Modified="yesterday")
    found = fetch(server.url(), cache, QUICK, now=DAY)
    assert found.changed
    assert found.before is None
    assert found.path.read_bytes() == GOOD
    assert found.path.name == "eci_scores_2026-11-24.csv"
    assert found.path.parent.name == found.copy.sha256
    assert (found.copy.etag, found.copy.last_modified) == ('"v1"', "yesterday")
    assert found.copy.retrieved == "2026-11-24T04:30:00Z"
    assert found.copy.final_url == server.url()
    (copy,) = kept_copies(cache)
    assert copy == found.copy


def test_a_program_with_a_running_loop_can_fetch(server, cache):
    """As in Jupyter, or beside a browser driven from Python."""

    async def cell():
        found = fetch(server.url(), cache, QUICK, now=DAY)
        server.answer = lambda request: request.say(code=503)
        with pytest.raises(Unreachable, match="answers 503"):
            fetch(server.url(), cache, QUICK, now=NEXT)
        server.answer = drip_header
        with pytest.raises(Unreachable, match="within 1 seconds"):
            fetch(server.url(), cache, replace(QUICK, seconds=1.0), now=NEXT)
        return found

    assert asyncio.run(cell()).path.read_bytes() == GOOD


def test_latest_is_a_table_of_the_day_of_retrieval_whenever_it_is_read(server, cache, monkeypatch):
    fetch(server.url(), cache, QUICK, now=DAY)
    monkeypatch.setenv(VARIABLE, str(cache))
    table = load_scores("latest")
    assert (str(table.as_of), str(table.vintage)) == ("2026-11-24", "2026-11-24")
    assert table.metric.name == "ECI"
    assert table.attribution == ATTRIBUTION
    assert table.name == "eci_scores_2026-11-24"
    assert server.url() in table.notes[0]
    assert len(table.frame) == 222


def test_an_unchanged_table_is_revalidated_and_keeps_its_day(server, cache):
    server.answer = lambda request: request.say(GOOD, ETag='"v1"', Last_Modified="yesterday")
    fetch(server.url(), cache, QUICK, now=DAY)
    server.answer = lambda request: request.say(code=304)
    again = fetch(server.url(), cache, QUICK, now=NEXT)
    assert not again.changed
    headers = {name.lower(): value for name, value in server.asked[-1][1].items()}
    assert headers["if-none-match"] == '"v1"'
    assert headers["if-modified-since"] == "yesterday"
    assert (again.copy.retrieved[:10], again.copy.checked[:10]) == ("2026-11-24", "2026-11-25")
    assert str(again.table.as_of) == "2026-11-24"
    (copy,) = kept_copies(cache)
    assert (copy, copy.etag) == (again.copy, '"v1"')


def test_the_same_bytes_without_a_tag_are_no_new_vintage(server, cache):
    fetch(server.url(), cache, QUICK, now=DAY)
    again = fetch(server.url(), cache, QUICK, now=NEXT)
    assert not again.changed
    assert again.copy.day == "2026-11-24"
    assert len(kept_copies(cache)) == 1


def test_a_new_vintage_stands_beside_the_old_one_and_is_latest(server, cache, monkeypatch):
    old = fetch(server.url(), cache, QUICK, now=DAY)
    changed = epoch_csv(skip=1, **{"Kimi K2.5": 0.5})
    server.answer = lambda request: request.say(changed)
    new = fetch(server.url(), cache, QUICK, now=NEXT)
    assert new.changed
    assert new.before == old.copy
    assert old.path.read_bytes() == GOOD
    monkeypatch.setenv(VARIABLE, str(cache))
    assert load_scores("latest").sha256 == new.copy.sha256
    said = " ".join(what_changed(load_scores(old.path), new.table))
    assert "has 221 rows, eci_scores_2026-11-24 222" in said
    assert "1 no longer there" in said
    assert "1 of 204 scores moved" in said
    assert "Kimi K2.5 +0.50" in said


def test_gzip_is_read(server, cache):
    server.answer = lambda request: request.say(gzip.compress(GOOD), Content_Encoding="gzip")
    assert fetch(server.url(), cache, QUICK, now=DAY).path.read_bytes() == GOOD


def test_a_redirect_is_followed_and_the_final_address_recorded(server, cache):
    def answer(request):
        if request.path == "/old.csv":
            request.say(code=302, Location="/new.csv")
        else:
            request.say(GOOD, ETag='"n"')

    server.answer = answer
    found = fetch(server.url("/old.csv"), cache, QUICK, now=DAY)
    assert (found.copy.url, found.copy.final_url) == (
        server.url("/old.csv"),
        server.url("/new.csv"),
    )
    fetch(server.url("/old.csv"), cache, QUICK, now=NEXT)
    asked = [("if-none-match" in {k.lower() for k in h}, p) for p, h in server.asked[-2:]]
    assert asked == [(False, "/old.csv"), (True, "/new.csv")]


def half(request):
    request.say(GOOD[:4000], length=len(GOOD))


def chunked_half(request):
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"%x\r\n%s\r\n" % (4000, GOOD[:4000]))


def drip_body(request):
    request.send_response(200)
    request.send_header("Content-Length", str(len(GOOD)))
    request.end_headers()
    drip(request, GOOD)


def drip_header(request):
    drip(request, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000)


def drip(request, content):
    try:
        for byte in content:
            request.wfile.write(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        pass  # the client gave up, as it should


def endless(request):
    request.send_response(200)
    request.send_header("Content-Type", "text/csv")
    request.end_headers()
    try:
        while True:
            request.wfile.write(GOOD)
    except OSError:
        pass  # the client gave up, as it should


BOMB = gzip.compress(b"a" * 100_000_000)
REFUSED = {
    "html by its type": (lambda r: r.say(b"<p>", kind="text/html; charset=utf-8"), "a web page"),
    "html by its bytes": (lambda r: r.say(b"\n <!doctype html>"), "a web page"),
    "empty": (lambda r: r.say(b""), "empty"),
    "blank": (lambda r: r.say(b" \n \n"), "empty"),
    "no content": (lambda r: r.say(code=204), "answers 204"),
    "shorter than promised": (half, "broke off"),
    "chunks that break off": (chunked_half, "broke off"),
    "cut off without a length": (lambda r: r.say(GOOD[:-5], length="none"), "may be cut off"),
    "cut off in a row": (lambda r: r.say(GOOD[: GOOD.rfind(b"\n", 0, 9000) + 9]), "cells"),
    "half of the rows": (lambda r: r.say(GOOD[: GOOD.rfind(b"\n", 0, 9000) + 1]), "cut off"),
    "longer than allowed": (endless, "larger than 200,000 bytes"),
    "gzip bomb": (lambda r: r.say(BOMB, Content_Encoding="gzip"), "larger than"),
    "broken gzip": (lambda r: r.say(b"\x1f\x8bnonsense", Content_Encoding="gzip"), "broken gzip"),
    "gzip cut off": (
        lambda r: r.say(gzip.compress(GOOD)[:3000], Content_Encoding="gzip"), "breaks off",
    ),
    "unknown packing": (lambda r: r.say(GOOD, Content_Encoding="br"), "compressed as 'br'"),
    "not the charset it says": (
        lambda r: r.say(GOOD + "Misträl".encode(), kind="text/csv; charset=latin-1"), "as latin-1",
    ),
    "another table": (lambda r: r.say(b"a,b\n1,2\n"), "no known layout"),
    "bad rows": (lambda r: r.say(GOOD.replace(b"2024-", b"24-")), "YYYY-MM-DD"),
    "a header alone": (lambda r: r.say(GOOD[: GOOD.index(b"\n") + 1]), "no rows"),
    "an error page": (lambda r: r.say(b"gone", code=404), "answers 404"),
    "not modified, unasked": (lambda r: r.say(code=304), "answers 304"),
    "a circle": (lambda r: r.say(code=302, Location=r.path), "more than 3 times"),
    "a redirect nowhere": (lambda r: r.say(code=302), "answers 302"),
    "a redirect to a file": (
        lambda r: r.say(code=302, Location="file:///etc/passwd"), "not an https address",
    ),
    "a password in a redirect": (
        lambda r: r.say(code=302, Location="http://me:secret@127.0.0.1/"), "a password",
    ),
}  # fmt: skip
SILENT = {
    "slow body": (drip_body, "within 3 seconds"),
    "slow header": (drip_header, "within 3 seconds"),
    "out of order": (lambda r: r.say(b"", code=503), "answers 503"),
    "too many requests": (lambda r: r.say(b"", code=429), "answers 429"),
    "hangs up": (lambda r: r.connection.shutdown(socket.SHUT_RDWR), "broke off|reached"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_bad_answer_is_refused_and_the_last_good_copy_kept(server, cache, how):
    fetch(server.url(), cache, QUICK, now=DAY)
    before = contents(cache)
    server.answer, words = REFUSED[how]
    began = time.monotonic()
    with pytest.raises(FetchError, match=words):
        fetch(server.url(), cache, QUICK, now=NEXT)
    assert time.monotonic() - began < 5
    assert contents(cache) == before


# Half of the rows are whole as far as can be told, if there is nothing to compare them with.
@pytest.mark.parametrize("how", [how for how in REFUSED if how != "half of the rows"])
def test_a_bad_first_answer_leaves_no_copy(server, cache, how):
    server.answer, words = REFUSED[how]
    with pytest.raises(FetchError, match=words):
        fetch(server.url(), cache, QUICK, now=DAY)
    assert kept_copies(cache) == []


@pytest.mark.parametrize("how", SILENT)
def test_a_server_that_does_not_answer_in_time_is_given_up(server, cache, how):
    fetch(server.url(), cache, QUICK, now=DAY)
    before = contents(cache)
    server.answer, words = SILENT[how]
    began = time.monotonic()
    with pytest.raises(FetchError, match=words):
        fetch(server.url(), cache, QUICK, now=NEXT)
    assert time.monotonic() - began < 5
    assert contents(cache) == before


def test_the_bomb_is_small_until_it_is_unpacked():
    assert len(BOMB) < QUICK.size / 2


def test_a_table_with_fewer_rows_is_taken_if_asked(server, cache):
    fetch(server.url(), cache, QUICK, now=DAY)
    server.answer = REFUSED["half of the rows"][0]
    found = fetch(server.url(), cache, QUICK, now=NEXT, accept_smaller=True)
    assert found.changed


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1/x.csv", "not an https address.*--allow-http"),
        ("ftp://127.0.0.1/x.csv", "not an https address"),
        ("file:///etc/passwd", "not an https address"),
        ("x.csv", "not an https address"),
        ("https://me:secret@127.0.0.1/x.csv", "a password"),
        ("https:///x.csv", "'https:///x.csv' is not an https address"),
        ("https://[::1/x.csv", "no address"),
        ("", "not an https address"),
    ],
)
def test_only_https_unless_told_otherwise(cache, url, words):
    with pytest.raises(FetchError, match=words) as caught:
        fetch(url, cache, Limits(seconds=3))
    assert "secret" not in str(caught.value)


def test_nobody_there(server, cache):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/x.csv", cache, QUICK)


def test_a_copy_that_was_changed_is_not_used(server, cache, monkeypatch):
    found = fetch(server.url(), cache, QUICK, now=DAY)
    found.path.write_bytes(GOOD.replace(b"150", b"151"))
    monkeypatch.setenv(VARIABLE, str(cache))
    with pytest.raises(ScoresError, match="has been changed since"):
        load_scores("latest")
    again = fetch(server.url(), cache, QUICK, now=DAY)
    assert again.path.read_bytes() == GOOD
    assert load_scores("latest").sha256 == found.copy.sha256


@pytest.mark.parametrize(
    "record", ["", "{", "[]", "{}", json.dumps({"file": "../../../etc/passwd"})]
)
def test_a_damaged_record_is_said(server, cache, record, monkeypatch):
    found = fetch(server.url(), cache, QUICK, now=DAY)
    path = found.path.with_suffix(".json")
    if "file" in record:
        record = json.dumps(json.loads(path.read_text()) | json.loads(record))
    path.write_text(record)
    monkeypatch.setenv(VARIABLE, str(cache))
    with pytest.raises(ScoresError, match="cannot be used"):
        load_scores("latest")


def test_latest_without_any_copy(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    with pytest.raises(ScoresError, match="run `frontierlag scores fetch`"):
        load_scores("latest")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://epoch.ai/data/eci_scores.csv", "eci_scores"),
        ("https://x.y/a/b.csv?v=2/../../c", "b"),
        ("https://x.y/2025-01-01-gpqa%20diamond.csv", "gpqa_20diamond"),
        ("https://x.y/", "table"),
        ("https://x.y/..", "table"),
        ("https://x.y/" + "a" * 500, "a" * 80),
    ],
)
def test_the_name_of_a_copy_is_plain_and_has_one_date(url, name):
    assert file_name(url, "2026-11-24") == f"{name}_2026-11-24.csv"


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["scores", "fetch", *map(str, arguments)])
    return ended.value.code, *capsys.readouterr()


def test_the_command_says_what_changed_and_goes_on_offline_if_asked(server, cache, capsys):
    url, options = server.url(), ["--allow-http", "--cache", cache, "--seconds", "3"]
    server.answer = lambda request: request.say(epoch_csv(**{"Kimi K2.5": 0.5}))
    code, out, err = run(capsys, url, *options)
    assert (code, err) == (0, "")
    assert "Kimi K2.5 +0.50" in out
    assert "Epoch AI" in out
    code, out, err = run(capsys, url, *options)
    assert (code, out.split(":")[0]) == (0, "unchanged")
    server.answer = lambda request: request.say(code=503)
    code, out, err = run(capsys, url, *options)
    assert code == 2
    assert "answers 503" in err
    assert "--offline-ok" in err
    assert err.count("\n") == 1
    code, out, err = run(capsys, url, *options, "--offline-ok")
    assert (code, err) == (0, "")
    assert "going on with" in out
    server.answer = REFUSED["html by its bytes"][0]
    code, out, err = run(capsys, url, *options, "--offline-ok")
    assert code == 2
    assert "a web page" in err
