"""The demo family."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, seed
from wondernest.settings import Settings, SettingsError

MakeSettings = Callable[..., Settings]


def test_the_demo_family_is_made_once_and_owns_the_child_of_the_clients(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development")
    seed(settings)
    seed(settings)
    with psycopg.connect(settings.database.url) as connection:
        rows = connection.execute(
            "select child.id::text, account.family_id = child.family_id from core.users account"
            " join family.family_members member on member.user_id = account.id"
            " join family.child_profiles child on child.family_id = member.family_id"
            " where account.email = %s order by child.birth_date desc",
            [DEMO_EMAIL],
        ).fetchall()
    assert len(rows) == 2
    assert rows[0] == (CLIENTS_CHILD, True)


def test_the_demo_family_is_for_development_only(make_settings: MakeSettings) -> None:
    with pytest.raises(SettingsError, match="APP_ENV: demo data is for development"):
        seed(make_settings(APP_ENV="staging"))
