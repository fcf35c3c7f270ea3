"""The routes of files."""

from wondernest.files.routes.aliases import AliasRoutes
from wondernest.files.routes.files import FileRoutes
from wondernest.files.routes.serving import ServingRoutes
from wondernest.files.routes.uploads import UploadRoutes

__all__ = ["AliasRoutes", "FileRoutes", "ServingRoutes", "UploadRoutes"]
