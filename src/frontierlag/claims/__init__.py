"""The questions people ask, answered from lags with a probability."""

from frontierlag.claims.article import ARTICLE
from frontierlag.claims.claim import (
    Answer,
    Asked,
    Claim,
    Evidence,
    Need,
    Unanswerable,
    answer,
    between,
)

__all__ = [
    "ARTICLE",
    "Answer",
    "Asked",
    "Claim",
    "Evidence",
    "Need",
    "Unanswerable",
    "answer",
    "between",
]
