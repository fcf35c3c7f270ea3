"""Audio sessions: how long a child spoke and how clearly, never what was said."""
