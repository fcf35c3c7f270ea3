"""Receives the app's events, what children did, and shows parents figures, insights and milestones made from them.

Owns analytics.analytics_events, analytics.learning_insights, analytics.daily_child_metrics, wondernest.child_days, wondernest.event_archives,
wondernest.event_identities, wondernest.event_usage and, because only events write them, games.virtual_currency and
games.currency_transactions. Reads content.content_engagement. Saves, play time and the registry belong to games, which implements the
protocols `ProjectSaves`, `SavedDocuments`, `PlayTime` and `EducationalGames`.
"""
