"""Games: children's saves with kept versions, the registry of games, and each child's instances of games.

Owns games.simple_game_data, games.game_registry, games.game_types, games.game_categories, games.child_game_instances and
wondernest.save_versions. Calls access only; analytics and files use it through protocols, and it tells files of
stored saves (`ports.Watcher`); app.py connects them.
"""
