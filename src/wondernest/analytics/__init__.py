"""What children did: the app's events come in here.

Owns analytics.analytics_events, analytics.learning_insights, wondernest.event_identities and, because nothing but events
ever writes them, games.virtual_currency and games.currency_transactions. Saves and play time belong to games, which fills
in the protocols of `ports.py`.
"""
