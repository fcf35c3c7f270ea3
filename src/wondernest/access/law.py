"""Which law each legal ground and each use of an identifier leans on: GDPR, and 16 CFR Part 312 (COPPA).

What only a lawyer can decide is in docs/privacy/legal-questions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from wondernest.platform.personal_data import GeneralGround, Ground, Operation


class ParentalGround(Ground):
    """The grounds that come from a parent's decision."""

    CONSENT = "consent"
    """A parent's consent to a purpose; the data ends with it."""
    ASKING = "asking"
    """What is needed to ask a parent for consent, and to record the answer."""
    PROOF = "proof"
    """Whoever relies on a consent must be able to prove it."""


class Basis(Struct, frozen=True):
    """Where a ground stands in the law."""

    gdpr: str
    coppa: str
    """Empty: 16 CFR Part 312 does not speak of such data, or the data is not collected from a child."""


_INTEREST: Final = "GDPR Art. 6(1)(f)"
_INTERNAL: Final = "16 CFR 312.5(c)(7)"
GROUNDS: Final[Mapping[Ground, Basis]] = {
    ParentalGround.CONSENT: Basis("GDPR Art. 6(1)(a), Art. 8", "16 CFR 312.5(a), (b)"),
    ParentalGround.ASKING: Basis("GDPR Art. 6(1)(c), Art. 8(2)", "16 CFR 312.5(c)(1)"),
    ParentalGround.PROOF: Basis("GDPR Art. 6(1)(c), Art. 7(1)", "16 CFR 312.5(b)(1)"),
    GeneralGround.CONTRACT: Basis("GDPR Art. 6(1)(b)", ""),
    GeneralGround.DUTY: Basis("GDPR Art. 6(1)(c), Art. 7(3), 12-17", "16 CFR 312.6, 312.10"),
    GeneralGround.SECURITY: Basis(f"{_INTEREST}, Art. 32", f"{_INTERNAL}, 312.8"),
    GeneralGround.CONTINUITY: Basis(_INTEREST, _INTERNAL),
    GeneralGround.DIAGNOSIS: Basis(_INTEREST, _INTERNAL),
    GeneralGround.IMPROVEMENT: Basis(_INTEREST, ""),
    GeneralGround.ACCOUNTABILITY: Basis(f"{_INTEREST}, Art. 5(2)", "16 CFR 312.8"),
}
"""In the order in which they are shown. CONTRACT is with a parent: what parents enter about a child is not collected from the child."""
INTERNAL_OPERATIONS: Final[Mapping[Operation, str]] = {
    Operation.AUTHENTICATE: "(1)(iii)",
    Operation.SESSIONS: "(1)(iii)",
    Operation.PROTECT: "(1)(v)",
    Operation.REPEAT: "(1)(i)",
    Operation.DELIVER: "(1)(i)",
    Operation.DIAGNOSE: "(1)(i)",
    Operation.PROVE: "(1)(vi)",
    Operation.ERASE: "(1)(vi)",
    Operation.PAY: "",
    Operation.MEASURE: "",
}
"""The paragraph of "Support for the internal operations" in 16 CFR 312.2. Empty: no such operation. PAY is of
adults alone; MEASURE needs a parent's consent where it is about a child."""
