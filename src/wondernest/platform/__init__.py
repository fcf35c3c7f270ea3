"""Infrastructure: HTTP, PostgreSQL, cache, mail, telemetry. Knows nothing of children or games."""
