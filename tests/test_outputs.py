import json
import signal
from pathlib import Path

import pytest

from frontierlag.errors import OutputError
from frontierlag.machine import files as outputs
from frontierlag.machine.files import (
    MANIFEST,
    files_below,
    replaced,
    staged,
    staged_all,
    write_manifest,
    written_before,
)


def write_run(folder, content):
    (folder / "figures").mkdir()
    (folder / "figures" / "a.svg").write_text(content)
    (folder / "lags.csv").write_text(content)
    write_manifest(folder, {})


def content(folder):
    return {name: (folder / name).read_text() for name in files_below(folder)}


def test_new_folder_appears_whole(tmp_path):
    out = tmp_path / "deep" / "er"
    with staged(out) as folder:
        write_run(folder, "one")
        assert not out.exists()
    assert content(out)["lags.csv"] == "one"
    assert [p.name for p in out.parent.iterdir()] == ["er"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_run_leaves_everything_as_it_was(tmp_path, failure):
    out = tmp_path / "out"
    with staged(out) as folder:
        write_run(folder, "one")
    before = content(out)

    def fail():
        with staged(out) as folder:
            write_run(folder, "two")
            raise failure

    with pytest.raises(failure):
        fail()
    assert content(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_second_run_replaces_its_own_files_and_keeps_the_others(tmp_path):
    out = tmp_path / "out"
    with staged(out) as folder:
        write_run(folder, "one")
        (folder / "old.csv").write_text("gone after the second run")
        write_manifest(folder, {})
    (out / "notes.txt").write_text("mine")
    (out / "sensitivity").mkdir()
    (out / "sensitivity" / MANIFEST).write_text("of another command")
    with staged(out) as folder:
        write_run(folder, "two")
    assert (out / "lags.csv").read_text() == "two"
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "sensitivity" / MANIFEST).read_text() == "of another command"
    assert not (out / "old.csv").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_rename_that_fails_is_undone(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with staged(out) as folder:
        write_run(folder, "one")
    rename = type(out).rename

    def fail_for_new(self, target):
        if ".partial-" in self.name:
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(type(out), "rename", fail_for_new)
    with pytest.raises(OutputError, match="disk full"), staged(out) as folder:
        write_run(folder, "two")
    assert (out / "lags.csv").read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_somebody_elses_folder_is_not_replaced(tmp_path):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter1.tex").write_text("years of work")
    with pytest.raises(OutputError, match="not replaced"), staged(out):
        pytest.fail("the block must not run")
    assert (out / "chapter1.tex").read_text() == "years of work"


def test_an_empty_folder_is_filled(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with staged(out) as folder:
        write_run(folder, "one")
    assert content(out)["lags.csv"] == "one"


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with staged(tmp_path / "link") as folder:
        write_run(folder, "one")
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "real")["lags.csv"] == "one"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "not the manifest of a frontierlag run"),
        ('{"name": "my app", "short_name": "app", "icons": []}', "not the manifest"),
        ('{"files": ["manifest.json"]}', "not the manifest"),
        ('{"made_by": "frontierlag"}', "not the manifest"),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_manifest_that_is_not_ours_is_never_replaced(tmp_path, text, words):
    out = tmp_path / "site"
    out.mkdir()
    before = text.encode("utf-8", "surrogateescape")
    (out / MANIFEST).write_bytes(before)
    with pytest.raises(OutputError, match=words), staged(out):
        pytest.fail("the block must not run")
    assert (out / MANIFEST).read_bytes() == before


def test_a_manifest_made_before_the_mark_is_ours(tmp_path):
    record = {"versions": {"frontierlag": "0.1"}, "files": ["lags.csv", MANIFEST]}
    (tmp_path / MANIFEST).write_text(json.dumps(record))
    assert written_before(tmp_path) == {"lags.csv", MANIFEST}


def test_a_mount_point_is_refused():
    with pytest.raises(OutputError, match=r"/proc is a mount point"), staged(Path("/proc")):
        pytest.fail("the block must not run")


def test_a_place_that_takes_no_folders_is_refused():
    with pytest.raises(OutputError, match="cannot write to /proc"), staged(Path("/proc/out")):
        pytest.fail("the block must not run")


def test_the_folder_one_stands_in_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for out in (Path(), tmp_path.parent):
        with pytest.raises(OutputError, match="the folder you are in"), staged(out):
            pytest.fail("the block must not run")


def test_a_folder_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs.os, "access", lambda path, mode: mode == outputs.os.F_OK)
    with pytest.raises(OutputError, match="may not be read and written"), staged(tmp_path):
        pytest.fail("the block must not run")


def test_one_result_inside_another_is_refused(tmp_path):
    with (
        pytest.raises(OutputError, match="side by side"),
        staged_all([tmp_path / "a", tmp_path / "a" / "b"]),
    ):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("place", ["/dev/full", "/"])
def test_a_device_or_a_folder_is_no_file(place):
    with pytest.raises(OutputError, match="give the name of a file"), replaced(Path(place)):
        pytest.fail("the block must not run")


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="is a file"), staged(tmp_path / "out"):
        pytest.fail("the block must not run")


def test_an_unwritable_place_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"), staged(tmp_path / "file" / "out"):
        pytest.fail("the block must not run")


def test_one_file_is_replaced_whole_or_not_at_all(tmp_path):
    file = tmp_path / "posterior.nc"
    with replaced(file) as path:
        path.write_text("one")

    def fail():
        with replaced(file) as path:
            path.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert file.read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["posterior.nc"]
    with pytest.raises(OutputError, match="is a folder"), replaced(tmp_path):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("moment", ["before", "while writing", "while swapping"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_old_or_the_new_results_whole(tmp_path, monkeypatch, number, moment):
    """An interrupt while folders are swapped waits; at any other time nothing is changed."""
    outs = [tmp_path / "one", tmp_path / "two"]
    with staged_all(outs) as folders:
        for folder in folders:
            write_run(folder, "old")
    rename = type(tmp_path).rename

    class Stopped(KeyboardInterrupt):
        pass

    def stop(*_):
        raise Stopped

    def interrupted_rename(self, target):
        if target == outs[1]:
            signal.raise_signal(number)
        return rename(self, target)

    def interrupted_partial_folder(out, partial_folder=outputs._partial_folder):
        made = partial_folder(out)
        signal.raise_signal(number)
        return made

    def run():
        if moment == "before":
            monkeypatch.setattr(outputs, "_partial_folder", interrupted_partial_folder)
        with staged_all(outs) as folders:
            for folder in folders:
                write_run(folder, "new")
            if moment == "while writing":
                signal.raise_signal(number)
            monkeypatch.setattr(type(tmp_path), "rename", interrupted_rename)

    before = signal.signal(number, stop)
    try:
        with pytest.raises(Stopped):
            run()
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    expected = "new" if moment == "while swapping" else "old"
    assert [content(out)["lags.csv"] for out in outs] == [expected, expected]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "two"]


def test_of_several_folders_all_are_replaced_or_none(tmp_path, monkeypatch):
    outs = [tmp_path / name for name in ("one", "two", "three")]
    with staged_all(outs[:2]) as folders:
        for folder in folders:
            write_run(folder, "old")
    rename = type(tmp_path).rename

    def fail_for_the_last(self, target):
        if target == outs[2]:
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", fail_for_the_last)

    def run():
        with staged_all(outs) as folders:
            for folder in folders:
                write_run(folder, "new")

    with pytest.raises(OutputError, match="disk full"):
        run()
    assert [content(out)["lags.csv"] for out in outs[:2]] == ["old", "old"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "two"]
    monkeypatch.undo()
    run()
    assert [content(out)["lags.csv"] for out in outs] == ["new", "new", "new"]


def test_two_results_cannot_go_to_one_folder(tmp_path):
    with pytest.raises(OutputError, match="one folder"), staged_all([tmp_path / "a"] * 2):
        pytest.fail("the block must not run")
