"""The routes of consent: the app's five, the notices, the pages behind letters' links, and the verifier's reports."""

from wondernest.coppa.routes.consents import ConsentRoutes
from wondernest.coppa.routes.notices import NoticeRoutes
from wondernest.coppa.routes.pages import PageRoutes
from wondernest.coppa.routes.reports import ReportRoutes

__all__ = ["ConsentRoutes", "NoticeRoutes", "PageRoutes", "ReportRoutes"]
