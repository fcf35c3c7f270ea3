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
NEXT_STEPS: Final = (
    "Implement verifiable parental consent system",
    "Add age verification mechanisms",
    "Legal compliance review",
)


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


class Granted(Struct, kw_only=True, rename="camel"):
    """A consent was granted. `childId` as it was sent; `resolvedChildId`: the child that it refers to."""

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
    verification_required: bool = True
    warnings: tuple[str, ...] = OPEN_WARNINGS
    next_steps: tuple[str, ...] = NEXT_STEPS


class Changed(Struct, kw_only=True, rename="camel"):
    """A changed consent replaced the open one."""

    consent_id: str
    permissions: dict[str, bool]
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
