"""WonderNest: the backend of a children's play-and-learn platform."""

__version__ = "0.1.0"
