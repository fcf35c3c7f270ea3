"""The immutable settings tree, read from the environment. An invalid value stops the start with one line."""

from wondernest.settings.loading import SettingsError, is_host_name, load_settings
from wondernest.settings.safety import PLACEHOLDER_SECRETS, unsafe
from wondernest.settings.tree import (
    Auth,
    Cache,
    Coppa,
    Csv,
    Database,
    Jobs,
    Jwt,
    Limits,
    Log,
    Mail,
    Media,
    OAuth,
    Secret,
    Server,
    Settings,
)

__all__ = [
    "PLACEHOLDER_SECRETS",
    "Auth",
    "Cache",
    "Coppa",
    "Csv",
    "Database",
    "Jobs",
    "Jwt",
    "Limits",
    "Log",
    "Mail",
    "Media",
    "OAuth",
    "Secret",
    "Server",
    "Settings",
    "SettingsError",
    "is_host_name",
    "load_settings",
    "unsafe",
]
