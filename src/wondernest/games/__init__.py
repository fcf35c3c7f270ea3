"""Games: children's saves with their kept versions, the registry of games, and a child's copies of them.

Owns games.simple_game_data, games.game_registry, games.game_types, games.game_categories, games.child_game_instances and
wondernest.save_versions. Calls access only; analytics reaches it through ports that app.py fills in.
"""
