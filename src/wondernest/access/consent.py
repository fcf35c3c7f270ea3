"""The rule of consent: for which purposes a child's data may be collected and used, as a piece of SQL beside guardianship.

`wondernest.consent_gates` has one row for each child whose parent ever consented; it is what is asked, never the consents themselves.
A statement that collects or uses a child's data contains the piece, so it costs no round trip, and a consent that is withdrawn
stops the next statement. Without consent the statement ends with the SQLSTATE `Refusal.PURPOSE`; the application answers that in the
route's own form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from wondernest.access.ages import STRICTEST_AGE
from wondernest.platform.faults import Refusal


class Purpose(Enum):
    """Why a child's data is collected or used. The value is stored and goes over the wire."""

    SAVES = "saves"
    """What a child makes and reaches: saves, instances of games, progress and words of stories."""
    ANALYTICS = "analytics"
    """Events, views and uses, from which figures are computed."""
    RECOMMENDATIONS = "recommendations"
    """Choosing content by what the child did."""
    AUDIO_METRICS = "audio_metrics"
    """Sessions and figures of speech."""
    UPLOADS = "uploads"
    """Files about a child, but for those of RECORDINGS."""
    RECORDINGS = "recordings"
    """Files of sound and film about a child: its voice may be in them (16 CFR 312.2, 312.5(c)(9))."""
    LETTERS = "letters"
    """Letters to the parents that advertise; letters about consent and safety need none."""


DISCLOSURE: Final = "disclosure:"
"""The beginning of the purpose that discloses to one named third party; each needs its own consent (16 CFR 312.5(a)(2))."""
_RECIPIENT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
DATA_COLLECTION: Final = "dataCollection"
"""The app's permission without which the others permit nothing."""
THIRD_PARTIES: Final = "thirdPartySharing"
_ONE_OF_THEM: Final = THIRD_PARTIES + ":"
PERMISSIONS: Final[Mapping[str, tuple[Purpose, ...]]] = {
    DATA_COLLECTION: (Purpose.SAVES, Purpose.UPLOADS),
    "educationalData": (Purpose.RECOMMENDATIONS,),
    "analytics": (Purpose.ANALYTICS,),
    "audioMonitoring": (Purpose.AUDIO_METRICS, Purpose.RECORDINGS),
    "marketing": (Purpose.LETTERS,),
}
"""The app's permissions and what each permits. THIRD_PARTIES is the sixth: it permits disclosure to those whom the notice names when
the parent consents; `thirdPartySharing:<name>` permits it to one of them."""
TYPES: Final[Mapping[str, tuple[Purpose, ...]]] = {"audio_monitoring": (Purpose.AUDIO_METRICS,)}
"""Types of consent that permit something by themselves (games contract, audio sessions), unless a permission refuses it."""


CONSENT_REQUIRED: Final = "CONSENT_REQUIRED"
"""The code of every route's refusal of a request without consent; `purpose` beside it says for what."""
CONSENT_MESSAGE: Final = "A parent's consent is required"


class Exemption(Enum):
    """Why a route that changes something needs no consent; every such route declares this or its Purpose."""

    ACCOUNT = "the caller's own account"
    ASKING = "what is needed to ask a parent for consent, and to record the answer (16 CFR 312.5(c)(1))"
    PROFILE = "a parent's own act: the profile and settings of the family and its children"
    ENDING = "deleting or hiding what is stored"
    PURCHASE = "what the family buys, and where it is installed"


class GateMode(Enum):
    """What happens to a request without consent."""

    ENFORCE = "enforce"
    """It is refused."""
    RECORD = "record"
    """It passes, and is counted."""
    OFF = "off"
    """It passes."""


def disclosure(recipient: str) -> str:
    """The purpose that discloses to the third party of this name: small letters, digits and hyphens. Raises ValueError."""
    if not _RECIPIENT.fullmatch(recipient):
        raise ValueError(f"not the name of a third party: {recipient!r}")
    return DISCLOSURE + recipient


def shared_with(permissions: Mapping[str, bool]) -> frozenset[str]:
    """The third parties that permissions name one by one and permit."""
    if permissions.get(THIRD_PARTIES) is False:
        return frozenset()
    return frozenset(name.removeprefix(_ONE_OF_THEM) for name in _named_one_by_one(permissions) if permissions[name])


def shares(permissions: Mapping[str, bool]) -> bool:
    """Whether the permissions let data go to some third party, named one by one or by the switch for all of them."""
    if _named_one_by_one(permissions):
        return bool(shared_with(permissions))
    return permissions.get(THIRD_PARTIES) is True


def for_each(permissions: Mapping[str, bool], recipients: Iterable[str]) -> dict[str, bool]:
    """The permissions, where the one switch for all third parties stands for each of these: whoever is named later is none of them."""
    if permissions.get(THIRD_PARTIES) is not True or _named_one_by_one(permissions):
        return dict(permissions)
    return {**permissions, **{_ONE_OF_THEM + recipient: True for recipient in recipients}}


def without_sharing(permissions: Mapping[str, bool]) -> dict[str, bool]:
    """The permissions without disclosure to anybody."""
    shared = {THIRD_PARTIES, *_named_one_by_one(permissions)}
    return {name: allowed and name not in shared for name, allowed in permissions.items()}


def _named_one_by_one(permissions: Mapping[str, bool]) -> list[str]:
    return [name for name in permissions if name.startswith(_ONE_OF_THEM)]


def purposes_of(permissions: Mapping[str, bool], kind: str = "", recipients: Iterable[str] = ()) -> frozenset[str]:
    """What a consent with these permissions, of the type `kind`, permits. `recipients`: the third parties that its notice names.

    A permission that is refused wins over the type: a parent who says no in the app is not overruled by a word beside it.
    """
    permitted: set[str] = set()
    if permissions.get(DATA_COLLECTION) is not False:
        refused = {name for name, allowed in permissions.items() if not allowed}
        never = {purpose for name in refused for purpose in PERMISSIONS.get(name, ())}
        permitted = {purpose.value for purpose in TYPES.get(kind, ()) if purpose not in never}
    if permissions.get(DATA_COLLECTION) is True:
        given = {name for name, allowed in permissions.items() if allowed}
        permitted |= {purpose.value for name in given for purpose in PERMISSIONS.get(name, ())}
        if shares(permissions):
            chosen = shared_with(permissions)
            permitted |= {disclosure(recipient) for recipient in recipients if not chosen or recipient in chosen}
    return frozenset(permitted)


_GIVEN: Final = """
        exists (select from wondernest.consent_gates gate
                  join compliance.coppa_consent shown on shown.id = gate.consent_id and shown.revoked_at is null
                 where gate.child_id = {child_id} and gate.in_force_until > now() and {purpose} = any (gate.purposes){lock})"""


def of_age(child_id: str) -> str:
    """SQL condition: the child is of the age of consent of its family's country, so that no parent has to consent."""
    return f"wondernest.of_age({child_id}, {STRICTEST_AGE})"


def permitted(child_id: str, purpose: Purpose | str, *, holds: bool = True) -> str:
    """SQL condition: the child's data may be collected or used for the purpose (it and `child_id` are SQL expressions).

    A consent in force that permits it, days of grace, or the child is of the age of consent of its family's country. A consent
    whose row in `compliance.coppa_consent` was revoked, by whichever backend, permits nothing.
    `holds`: the child's gate is locked for share until the transaction ends, so that of a write and a withdrawal the one that
    commits first decides: the other one waits, and sees it. Without, a statement that began before the withdrawal does not see it.
    The usual case is two index probes; all others are left to a function, because every table in a plan costs when it starts.
    """
    asked = f"'{purpose.value}'::text" if isinstance(purpose, Purpose) else purpose
    given = _GIVEN.format(child_id=child_id, purpose=asked, lock=" for share of gate" if holds else "")
    return f"({given} or {permitted_otherwise(child_id, asked, holds=holds)})"


def permitted_otherwise(child_id: str, purpose: str, *, holds: bool = True) -> str:
    """SQL condition: as `permitted`, for the unusual case: it is a call, that costs nothing where it is not reached."""
    return f"wondernest.permitted({child_id}, {purpose}, {STRICTEST_AGE}, {str(holds).lower()})"


def requires(child_id: str, purpose: Purpose, mode: str, *, holds: bool = True) -> str:
    """SQL condition: as `permitted`; without consent it ends the statement or passes, as `mode` says (SQL of a GateMode's value).

    It never is false: what passes in the mode RECORD is reported by a notice of the database with the same SQLSTATE.
    """
    return (
        f"(select case when {mode} = '{GateMode.OFF.value}' or {permitted(child_id, purpose, holds=holds)} then true"
        f" else wondernest.unpermitted({child_id}, '{purpose.value}', {mode} = '{GateMode.RECORD.value}',"
        f" '{Refusal.PURPOSE.value}') end)"
    )
