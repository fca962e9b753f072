"""How an answer has moved from vintage to vintage of one table, over the same days."""

from frontierlag.history.table import History, history
from frontierlag.history.tables import Refused, Vintage, read_vintages

__all__ = ["History", "Refused", "Vintage", "history", "read_vintages"]
