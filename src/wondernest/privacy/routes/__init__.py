"""The routes of the privacy room, and its pages."""

from wondernest.privacy.routes.pages import PageRoutes
from wondernest.privacy.routes.requests import AccessRoutes, CatalogueRoutes, ExportRoutes, PrivacyRoutes

__all__ = ["AccessRoutes", "CatalogueRoutes", "ExportRoutes", "PageRoutes", "PrivacyRoutes"]
