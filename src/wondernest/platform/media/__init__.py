"""Inspection of files from strangers: their true type, a copy without hidden data, smaller variants of pictures.

Strangers' bytes are decoded in child processes (`worker`), never in the process that imports this package. `Inspector` is the
way in; `kinds` holds the rules about types.
"""

from wondernest.platform.media.inspector import MAX_FILE_BYTES, WIDTHS, Inspected, Inspector
from wondernest.platform.media.kinds import Kind, kind_of
from wondernest.platform.media.refusals import Reason, Refused

__all__ = ["MAX_FILE_BYTES", "WIDTHS", "Inspected", "Inspector", "Kind", "Reason", "Refused", "kind_of"]
