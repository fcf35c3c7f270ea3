"""The immutable settings tree, read from the environment. An invalid value stops the start with one line."""

from wondernest.settings.consent import Consent, TextMessages, Verifier
from wondernest.settings.kinds import Csv, Pooler, Secret
from wondernest.settings.limits import CLIENTS_CHILD
from wondernest.settings.loading import SettingsError, is_host_name, load_settings
from wondernest.settings.packs import Packs, Payments
from wondernest.settings.safety import PLACEHOLDER_SECRETS, unsafe
from wondernest.settings.storage import BucketAddress, Scan, Storage
from wondernest.settings.tree import (
    Analytics,
    Auth,
    Cache,
    Coppa,
    Database,
    Files,
    Games,
    Jobs,
    Jwt,
    Limits,
    Log,
    Mail,
    Media,
    OAuth,
    Quotas,
    Server,
    Settings,
)

__all__ = [
    "CLIENTS_CHILD",
    "PLACEHOLDER_SECRETS",
    "Analytics",
    "Auth",
    "BucketAddress",
    "Cache",
    "Consent",
    "Coppa",
    "Csv",
    "Database",
    "Files",
    "Games",
    "Jobs",
    "Jwt",
    "Limits",
    "Log",
    "Mail",
    "Media",
    "OAuth",
    "Packs",
    "Payments",
    "Pooler",
    "Quotas",
    "Scan",
    "Secret",
    "Server",
    "Settings",
    "SettingsError",
    "Storage",
    "TextMessages",
    "Verifier",
    "is_host_name",
    "load_settings",
    "unsafe",
]
