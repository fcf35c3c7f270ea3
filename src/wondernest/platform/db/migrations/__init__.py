"""Migrations: `files` reads the numbered SQL files, `runner` applies them, `state` reads the version of a database.

Only commands such as `migrate` import `runner` (psycopg); request workers import only `state`.
migrations/README.md describes how to write the SQL files.
"""
