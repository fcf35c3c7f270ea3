"""The story routes: templates, a child's reading, a child's vocabulary."""

from wondernest.stories.routes.reading import ReadingRoutes
from wondernest.stories.routes.templates import TemplateRoutes
from wondernest.stories.routes.vocabulary import VocabularyRoutes

__all__ = ["ReadingRoutes", "TemplateRoutes", "VocabularyRoutes"]
