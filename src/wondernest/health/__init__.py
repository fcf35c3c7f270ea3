"""Health, readiness and metrics: for the app, for orchestrators and for Prometheus (server contract §4).

Owns no table. Checks the database and the cache and reads the metrics; `/health` itself checks no dependency.
"""
