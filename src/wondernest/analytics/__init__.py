"""Receives the app's events: what children did.

Owns analytics.analytics_events, analytics.learning_insights, wondernest.event_identities, wondernest.event_usage and, because only
events write them, games.virtual_currency and games.currency_transactions. Saves and play time belong to games, which implements the
protocols `ProjectSaves` and `PlayTime`.
"""
