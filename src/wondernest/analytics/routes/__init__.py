"""The routes of analytics: events in, figures out."""

from wondernest.analytics.routes.events import EventRoutes
from wondernest.analytics.routes.figures import FigureRoutes

__all__ = ["EventRoutes", "FigureRoutes"]
