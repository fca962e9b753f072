"""How the objects of the facade look in a notebook."""

from __future__ import annotations

from html import escape

import pandas as pd


def card(title: str, lines: list[str], table: pd.DataFrame | None = None) -> str:
    """A heading, lines of text and a table, as HTML."""
    head = f"<p><b>{escape(title)}</b>{''.join(f'<br>{escape(line)}' for line in lines)}</p>"
    shown = "" if table is None else table.to_html(float_format=lambda x: f"{x:.2f}", border=0)
    return f"<div>{head}{shown}</div>"
