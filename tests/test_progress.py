"""Progress in a log file: how many, and the time left."""

from frontierlag.report import progress
from frontierlag.report.progress import FROM_STORE, Log


def test_a_log_gets_a_line_a_minute_with_the_time_left():
    lines, now = [], [0.0]
    log = Log("ranking", 100, lines.append, lambda: now[0])
    for _ in range(40):  # of an earlier run: they say nothing of the time left
        now[0] += 0.01
        log.step(FROM_STORE)
    for k in range(60):
        now[0] += 10.1
        log.step(f"world {k}")
    assert lines[0] == "ranking: 46 of 100, about 9 min left"
    assert lines[-1] == "ranking: 100 of 100, less than a minute left"
    assert len(lines) == 10


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
