"""The database installer: `files` reads the numbered SQL, `runner` brings a database up to it, `state` asks how far it is.

Only the `migrate` command and its kin import `runner` (psycopg); request workers import `state` alone.
How the SQL files are written is described in migrations/README.md.
"""
