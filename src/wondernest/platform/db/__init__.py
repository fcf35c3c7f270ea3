"""PostgreSQL: a LIFO pool, the unit of work, gathered statements, replayed requests, and the glue that runs migrations."""
