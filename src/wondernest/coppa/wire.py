"""Request and reply bodies of the consent routes (auth contract §4)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

COMPLIANCE_WARNINGS: Final = (
    "Requires legal review before production use",
    "Verifiable parental consent not implemented",
    "Age verification not implemented",
)
"""Warnings for every consent, because no external verifier confirms it."""
OPEN_WARNINGS: Final = ("Legal review required for production",)
CONFIRMED_WARNINGS: Final = (COMPLIANCE_WARNINGS[0], COMPLIANCE_WARNINGS[2])
"""Warnings where a parent has to confirm."""
NEXT_STEPS: Final = (
    "Implement verifiable parental consent system",
    "Add age verification mechanisms",
    "Legal compliance review",
)
CONFIRMED_NEXT_STEPS: Final = NEXT_STEPS[1:]
"""What is left where a parent has to confirm."""
WAITS: Final = "A letter with a link was sent: what was added is permitted when a parent confirms it"


class ConsentBody(Struct, rename="camel"):
    """A consent to be granted. The child may be named by an id that the app made itself."""

    child_id: str
    consent_type: str
    permissions: dict[str, bool]
    verification_method: str
    verification_data: dict[str, str] | None = None


class ChangeBody(Struct, rename="camel"):
    """The changes to a consent; other parts stay as they are."""

    permissions: dict[str, bool] | None = None
    consent_type: str | None = None
    verification_method: str | None = None
    verification_data: dict[str, str] | None = None


class Pending(Struct, kw_only=True, rename="camel"):
    """A consent that waits until a parent confirms it with the link of a letter; `expiresAt`: then it is dropped."""

    consent_id: str
    reason: str
    """`asked`, `renewal` or `re-notice`."""
    method: str
    permissions: dict[str, bool]
    requested_at: str
    expires_at: str
    notice_version: int


class Granted(Struct, kw_only=True, rename="camel"):
    """A consent was granted, or waits to be confirmed: then `consentGranted` is false and `expiresAt` is the end of the wait.

    `childId` as it was sent; `resolvedChildId`: the child that it refers to.
    """

    consent_id: str
    child_id: str
    resolved_child_id: str
    consent_type: str
    permissions: dict[str, bool]
    consent_granted: bool
    expires_at: str
    verification_status: str
    compliance_warnings: tuple[str, ...] = COMPLIANCE_WARNINGS


class StatusReply(Struct, kw_only=True, rename="camel"):
    """The status of a child's consent."""

    child_id: str
    consent_status: str
    consent_required: bool
    data_collection_allowed: bool
    consent_id: str | None
    permissions: dict[str, bool] | None
    expires_at: str | None
    pending: Pending | None
    verification_required: bool
    warnings: tuple[str, ...] = OPEN_WARNINGS
    next_steps: tuple[str, ...]


class Changed(Struct, kw_only=True, rename="camel"):
    """A changed consent replaced the open one."""

    consent_id: str
    permissions: dict[str, bool]
    pending: Pending | None = None
    message: str = "COPPA consent updated"
    warning: str | None = None


class ConsentMessage(Struct, kw_only=True):
    """An acknowledgement or the reason of a refusal, with a warning where there is one."""

    message: str
    warning: str | None = None


class ComplianceInfo(Struct, rename="camel"):
    """What is missing for compliance."""

    coppa_compliant: bool = False
    implementation_status: str = "DEVELOPMENT_ONLY"
    required_features: tuple[str, ...] = (
        "Verifiable Parental Consent (VPC) system",
        "Age verification mechanisms",
        "Data collection limitations for under-13 users",
        "Parental notification systems",
        "Data deletion capabilities",
        "Safe harbor provisions",
        "Privacy policy updates",
        "Staff COPPA training",
    )
    legal_requirements: tuple[str, ...] = (
        "FTC COPPA Rule compliance review",
        "Privacy policy legal review",
        "Data handling procedure documentation",
        "Parental notification templates",
        "Incident response procedures",
    )
    warnings: tuple[str, ...] = (
        "NEVER deploy to production without legal COPPA compliance review",
        "Current implementation is for development testing only",
        "Collecting data from children under 13 without proper consent violates federal law",
        "FTC fines for COPPA violations can exceed millions of dollars",
    )


class NoticeVersion(Struct, kw_only=True):
    """A version of the notice. `material`: it changed something in substance; `hashes`: SHA-256 of each language's document."""

    version: int
    date: str
    material: bool
    hashes: dict[str, str]


class Operator(Struct, kw_only=True, rename="camel"):
    """What stands in place of `{operator}`, `{contact}`, `{third_parties}` and `{recording_days}` of a document; it is not part of the hash."""

    name: str
    contact: str
    third_parties: str
    recording_days: str


class NoticeReply(Struct, kw_only=True):
    """A notice in one language; `hash` is the SHA-256 of `document` in UTF-8."""

    version: int
    language: str
    date: str
    material: bool
    title: str
    hash: str
    document: str
    operator: Operator


class MethodOffer(Struct, kw_only=True):
    """A method of verifiable consent. `offered`: it is set up here; `discloses`: it may permit disclosure to third parties."""

    method: str
    offered: bool
    discloses: bool


class NoticeList(Struct, kw_only=True):
    """The current notice, all versions, newest first, and the methods by which a parent can consent."""

    current: NoticeReply
    languages: tuple[str, ...]
    versions: list[NoticeVersion]
    methods: list[MethodOffer]
