"""Items may be written by roles that know nothing of our schema."""

from __future__ import annotations

import psycopg

from wondernest.development.embedded.postgres import EmbeddedPostgres


def test_a_role_without_rights_on_our_schema_can_write_items(pg_server: EmbeddedPostgres, database_url: str) -> None:
    role = f"editor_{database_url.partition('?')[0].rpartition('/')[2]}"
    with psycopg.connect(pg_server.url(), autocommit=True) as admin:
        admin.execute(f"create role {role}".encode())
    try:
        with psycopg.connect(database_url) as connection:
            connection.execute(f"grant usage on schema content to {role}".encode())
            connection.execute(f"grant insert, update, select on content.content_items to {role}".encode())
            connection.execute(f"set role {role}".encode())
            connection.execute(
                "insert into content.content_items (title, content_type, tags, language) values ('Crème', 'story', '{Été}', 'fr')"
            )
            changed = connection.execute("update content.content_items set title = 'Crêpe'")
            assert changed.rowcount == 1
            connection.rollback()
    finally:
        with psycopg.connect(pg_server.url(), autocommit=True) as admin:
            admin.execute(f"drop role {role}".encode())
