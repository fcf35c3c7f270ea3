"""The personal data of the coppa room."""

from __future__ import annotations

from typing import Final

from wondernest.access.law import ParentalGround
from wondernest.access.people import CHILD, FAMILY, Relation
from wondernest.coppa.refusals import FORGET
from wondernest.coppa.trail import FORGET as FORGET_ACCESSES
from wondernest.platform.personal_data import USER, GeneralGround, Holding, Neighbour, Operation, Party

PERSONAL_DATA: Final = (
    Holding(
        table="compliance.coppa_consent",
        people={"child_id": CHILD, "family_id": FAMILY},
        mentions={"parent_id": USER},
        of_mentioned={"parent_id": ("ip_address", "user_agent")},
        personal=("ip_address", "user_agent", "consent_text"),
        what="Consents: what a parent allowed, when, from which network address and program",
        why="Proof of a parent's consent",
        kept="Until the child is erased",
        grounds=(ParentalGround.PROOF,),
        seen_by=(Relation.ADULTS,),
        identifiers={"ip_address": Operation.PROVE, "user_agent": Operation.PROVE},
    ),
    Holding(
        table="wondernest.consent_ledger",
        by_room=True,
        people={"child_id": CHILD, "actor_id": USER, "family_id": FAMILY},
        personal=("consent_id", "reference", "purposes", "digest", "redacted", "redaction"),
        what="What happened to a family's consents: for which child and purposes, when, by which method, after which notice",
        why="Proof of a parent's consent",
        kept="Until the family is erased; then a receipt without ids is left. Before that, entries lose the ids of a child or an adult who is erased",
        grounds=(ParentalGround.PROOF,),
        seen_by=(Relation.ADULTS, Party.OPERATOR),
        identifiers={"reference": Operation.PROVE, "digest": Operation.PROVE, "redaction": Operation.PROVE},
    ),
    Holding(
        table="wondernest.consent_heads",
        by_room=True,
        people={"family_id": FAMILY},
        personal=("digest", "seal"),
        what="How many entries a family's consent ledger has",
        why="Shows that no entry is missing",
        kept="As long as the ledger's entries",
        grounds=(ParentalGround.PROOF,),
        seen_by=(Relation.ADULTS, Party.OPERATOR),
        identifiers={"digest": Operation.PROVE, "seal": Operation.PROVE},
    ),
    Holding(
        table="wondernest.consent_erasures",
        people={},
        by_room=True,
        personal=("family_digest", "seal"),
        what="Receipts of erased consent ledgers: a hash of the family's id and a number",
        why="Shows that a ledger was erased, not lost",
        kept="For ever: the hash of a random id says nothing",
        grounds=(ParentalGround.PROOF,),
        seen_by=(Party.OPERATOR,),
        identifiers={"family_digest": Operation.PROVE, "seal": Operation.PROVE},
    ),
    Holding(
        table="wondernest.consents",
        people={"child_id": CHILD, "family_id": FAMILY},
        mentions={"parent_id": USER},
        of_mentioned={"parent_id": ("reference",)},
        personal=("permissions", "named_as", "reference", "token_digest", "undo_digest"),
        what="Consents that are asked for or in force: what they permit, by which method, after which notice",
        why="Finds the consent of a letter's link, and ends consents in time",
        kept="A request 14 days, a consent a year, or until it is withdrawn",
        grounds=(ParentalGround.ASKING, ParentalGround.PROOF),
        seen_by=(Relation.ADULTS, Neighbour.MAIL, Neighbour.TEXTS, Neighbour.VERIFIER),
        identifiers={
            "named_as": Operation.PROVE,
            "reference": Operation.PROVE,
            "token_digest": Operation.AUTHENTICATE,
            "undo_digest": Operation.AUTHENTICATE,
        },
    ),
    Holding(
        table="wondernest.consent_gates",
        people={"child_id": CHILD},
        personal=("consent_id", "purposes"),
        what="What a parent's consent permits now, and until when",
        why="Decides whether data of the child may be collected and used",
        kept="Until the child is erased",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Relation.ADULTS,),
    ),
    Holding(
        table="wondernest.ended_purposes",
        people={"child_id": CHILD},
        personal=("purpose",),
        what="What is not permitted any more for a child, since when, and when what was held for it is erased",
        why="What is not permitted any more is not kept",
        kept="Until it is erased, 30 days at most, or permitted again",
        grounds=(GeneralGround.DUTY,),
        seen_by=(Relation.ADULTS, Neighbour.MAIL),
        ended_by="privacy.erase_ended",
    ),
    Holding(
        table="wondernest.child_accesses",
        people={"child_id": CHILD},
        mentions={"actor_id": USER},
        what="Who used a child's data, besides the child's own devices: which adult, the service or its operator; how, in which hour, how often",
        why="Parents see who looked",
        kept="A year, or until the child is erased",
        grounds=(GeneralGround.SECURITY,),
        seen_by=(Relation.ADULTS,),
        ended_by=FORGET_ACCESSES,
    ),
    Holding(
        table="wondernest.consent_refusals",
        people={"family_id": FAMILY},
        what="How often requests of a family had no consent, by day and route",
        why="The operator sees who still has to consent",
        kept="90 days",
        grounds=(GeneralGround.DIAGNOSIS,),
        seen_by=(Relation.ADULTS, Party.OPERATOR),
        ended_by=FORGET,
    ),
)
