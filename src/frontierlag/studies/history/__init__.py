"""How an answer has moved from vintage to vintage of one table, over the same days."""

from frontierlag.studies.history.table import History, history
from frontierlag.studies.history.tables import Refused, Vintage, read_vintages

__all__ = ["History", "Refused", "Vintage", "history", "read_vintages"]
