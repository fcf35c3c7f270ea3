"""The games routes: parse, one service call, reply (games contract §3, §4)."""

from wondernest.games.routes.history import HistoryRoutes
from wondernest.games.routes.registry import RegistryRoutes
from wondernest.games.routes.saves import SaveRoutes

__all__ = ["HistoryRoutes", "RegistryRoutes", "SaveRoutes"]
