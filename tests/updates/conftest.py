"""What the tests of updates share: the server, and fits that are made up."""

from __future__ import annotations

import threading

import pytest
from vintage_server import Server, ran, refitted

from frontierlag.updates import causes, update


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def made_up(monkeypatch):
    """Fits that are made up: of the run, and of the mixtures of two vintages."""
    monkeypatch.setattr(update, "run_jobs", ran)
    monkeypatch.setattr(causes, "refit_all", refitted)
    monkeypatch.setattr(
        update, "write_tree", lambda root: (root / "index.html").write_text("page", "utf-8")
    )
