"""The page: one self-contained HTML file from a results folder, and an index of a tree of them."""

from __future__ import annotations
