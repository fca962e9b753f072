"""Which day a model is dated at: when anyone could use it, when it was announced, as published.

A lag counts what is available, so the first day on which anyone outside the maker could use a model
is the default. The convention is a systematic choice and not noise: it is named with every lag.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Dates = Literal["released", "announced", "as-published"]
CONVENTIONS: tuple[Dates, ...] = get_args(Dates)
RELEASED: Dates = "released"
ANNOUNCED: Dates = "announced"
AS_PUBLISHED: Dates = "as-published"

# What a sentence, a caption and a page say of the convention.
WORDS: dict[Dates, str] = {
    "released": "release dates: first day of use outside the maker",
    "announced": "announcement dates",
    "as-published": "dates as published",
}
WORDS_ZH: dict[Dates, str] = {
    "released": "发布日期：开发者之外任何人首次可用之日",
    "announced": "公布日期",
    "as-published": "数据原表日期",
}


def recorded(data: Mapping[str, Any]) -> Dates:
    """The convention that a manifest's record of the data names.

    A record from before there were conventions names none: its dates are as published.
    """
    named: Dates = data["dates"]["convention"] if "dates" in data else AS_PUBLISHED
    return named


def suffix(dates: Dates) -> str:
    """What the name of a results folder adds; nothing for the default convention."""
    return "" if dates == RELEASED else f"-dates-{dates}"
