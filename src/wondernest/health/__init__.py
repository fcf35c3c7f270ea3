"""Whether the service is well: for the app, for orchestrators and for Prometheus (server contract §4).

Owns no table. Asks the database, the cache and the instruments; `/health` itself asks nobody.
"""
