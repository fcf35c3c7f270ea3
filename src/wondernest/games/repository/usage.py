"""What a child's saves and kept versions use: the numbers that are shown, and their reconciliation with the stored rows."""

from __future__ import annotations

from typing import Final

from wondernest.platform.usage import PERSON

_OF_CHILD: Final = f"from wondernest.child_usage used where used.child_id = {PERSON}"
_OF_FAMILY: Final = f"from wondernest.child_usage used where used.family_id = {PERSON}"
SAVES_USED: Final = f"select used.saves {_OF_CHILD}"
SAVE_BYTES_USED: Final = f"select used.save_bytes {_OF_CHILD}"
VERSIONS_USED: Final = f"select used.versions {_OF_CHILD}"
HISTORY_BYTES_USED: Final = f"select used.history_bytes {_OF_CHILD}"
FAMILY_SAVE_BYTES_USED: Final = f"select sum(used.save_bytes) {_OF_FAMILY}"
FAMILY_HISTORY_BYTES_USED: Final = f"select sum(used.history_bytes) {_OF_FAMILY}"
