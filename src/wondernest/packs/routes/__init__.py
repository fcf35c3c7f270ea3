"""The routes of content packs."""

from wondernest.packs.routes.events import EventRoutes
from wondernest.packs.routes.icons import IconRoutes
from wondernest.packs.routes.packs import PackRoutes
from wondernest.packs.routes.use import UseRoutes

__all__ = ["EventRoutes", "IconRoutes", "PackRoutes", "UseRoutes"]
