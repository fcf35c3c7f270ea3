"""Stories: templates of story adventures, and what a child reads, learns and prefers in them.

Owns games.story_templates. A child's documents are saves of the game `story-adventure`: they are read and changed through the games
room (`ports.Documents`), and so are the stories that a family published with the site's story builder. Calls access only.
"""
