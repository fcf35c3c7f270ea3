"""Infrastructure: HTTP, PostgreSQL, cache, mail, jobs, telemetry. Knows nothing of the domain."""
