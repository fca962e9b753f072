"""Progress in a log file: how many, and the time left."""

import time

from frontierlag.machine import progress
from frontierlag.machine.progress import FROM_STORE, Log, report_progress


def test_a_log_gets_a_line_each_half_minute_with_the_time_left():
    lines, now = [], [0.0]
    log = Log("ranking", 100, lines.append, lambda: now[0])
    for _ in range(40):  # of an earlier run: they say nothing of the time left
        now[0] += 0.01
        log.step(FROM_STORE)
    for k in range(60):
        now[0] += 10.1
        log.step(f"world {k}")
    assert lines[0] == "ranking: 43 of 100, about 10 min left"
    assert lines[-1] == "ranking: 100 of 100, less than a minute left"
    assert len(lines) == 20


def test_a_log_gets_each_stage_and_while_one_lasts_its_share_and_the_time_left():
    lines, now = [], [0.0]
    log = Log("fitting", None, lines.append, lambda: now[0])
    log.watch("sampling: linear-joint", None)
    assert lines == ["fitting: sampling: linear-joint"]
    for second in range(1, 121):
        now[0] = float(second)
        log.watch("sampling linear-joint", second / 400)
        log.tick()
    assert lines[1:] == [
        f"fitting: sampling linear-joint, {share} % done, about {left} min left"
        for share, left in [(8, 6), (15, 6), (22, 5), (30, 5)]
    ]
    log.step("linear-joint")
    assert lines[-1] == "fitting: linear-joint"


def test_a_log_says_something_where_nothing_is_known():
    lines, now = [], [0.0]
    log = Log("fitting", None, lines.append, lambda: now[0])
    for second in range(100):
        now[0] = float(second)
        log.tick()
    assert lines == [
        "fitting: less than a minute so far",
        *["fitting: about 1 min so far", "fitting: about 2 min so far"],
    ]


def test_lines_come_while_the_block_is_busy(monkeypatch, capsys):
    monkeypatch.setattr(progress, "EVERY", 0.5)
    with progress.progress("fitting"):
        report_progress("sampling", 0.5)
        time.sleep(2.5)
    told = capsys.readouterr().err.splitlines()
    assert len(told) >= 2
    assert all(line.startswith("fitting: sampling, 50 % done") for line in told)
    report_progress("nobody listens", 0.1)


def test_where_there_is_no_terminal_a_line_is_written(monkeypatch, capsys):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with progress.progress("fitting", 2) as step:
        step("one")
        step("two")
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "fitting: 1 of 2, less than a minute left",
        "fitting: 2 of 2, less than a minute left",
    ]
