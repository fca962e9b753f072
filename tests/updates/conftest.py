"""What the tests of updates share: the server, and fits that are made up."""

from __future__ import annotations

import pytest
from loopback import serving
from vintage_server import Server, ran, refitted

from frontierlag.updates import history, update


@pytest.fixture
def server(monkeypatch):
    with serving(Server(), monkeypatch) as made:
        yield made


@pytest.fixture
def made_up(monkeypatch):
    """Fits that are made up: of the run, and of the mixtures of two vintages."""
    monkeypatch.setattr(update, "run_jobs", ran)
    monkeypatch.setattr(history, "refit_all", refitted)
    monkeypatch.setattr(
        update, "write_tree", lambda root: (root / "index.html").write_text("page", "utf-8")
    )
