"""PostgreSQL: connection pool, unit of work, batched statements, locks per key, idempotency keys, migrations."""
