"""The letters of consent, by e-mail or text message: the question, and the second letter that can take the answer back.

They hold no name: an address may be another person's by mistake, who must learn nothing about a child.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.access.accesses import Service
from wondernest.coppa import tokens
from wondernest.coppa.flows import CHILD, CONSENT, FAMILY, RENEWAL, RENOTICE
from wondernest.coppa.methods import Method
from wondernest.coppa.words import words
from wondernest.platform.db.unit import unit_of
from wondernest.platform.jobs import Job, Running
from wondernest.platform.jobs.declarations import Unrecoverable
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.languages import DEFAULT_LANGUAGE, spoken
from wondernest.platform.mail import Letter
from wondernest.platform.texting import TextRefused

if TYPE_CHECKING:
    from wondernest.coppa.notices import Notice, Notices
    from wondernest.coppa.repository import Addressee, Asked, FlowRepository
    from wondernest.coppa.trail import Trail
    from wondernest.coppa.words import LetterWords
    from wondernest.platform.db.pool import Database
    from wondernest.platform.texting import TextSender

ASK: Final = "coppa.ask_for_consent"
SECOND: Final = "coppa.second_letter"
ASK_PAGE: Final = "/coppa/consents/{}"
UNDO_PAGE: Final = "/coppa/undo/{}"
NOTICE_PAGE: Final = "/coppa/notice?version={}&language={}"


class Sending(Struct, frozen=True, kw_only=True):
    """What letters are sent with. `operator`: what the notices name and settings say; `texts`: None: no text messages are sent."""

    pages_url: str
    secret: str
    operator: Mapping[str, str]
    letters: LetterSender
    texts: TextSender | None


class ConsentLetters:
    """Writes and sends them. A letter that is sent again after a kill is the same, with the same link."""

    def __init__(
        self, rows: FlowRepository, database: Database, notices: Notices, sending: Sending, trail: Trail
    ) -> None:
        self._rows = rows
        self._database = database
        self._notices = notices
        self._sending = sending
        self._trail = trail

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(ASK, self.ask, LETTER_RETRY, accesses=Service.CONSENT_LETTER),
            Job(SECOND, self.second, LETTER_RETRY, accesses=Service.CONSENT_LETTER),
        )

    async def ask(self, job: Running) -> None:
        """Send the question, unless it was answered or dropped meanwhile."""
        await self._send(job, undo=False)

    async def second(self, job: Running) -> None:
        """Send the second letter, unless the consent has ended meanwhile."""
        await self._send(job, undo=True)

    async def _send(self, job: Running, *, undo: bool) -> None:
        family_id, consent_id = job.uuid(FAMILY), job.uuid(CONSENT)
        if family_id is None or consent_id is None:
            return
        consent = await self._rows.find(self._database, family_id, consent_id)
        child_id = job.uuid(CHILD)
        if consent is None and child_id is not None:
            known = await self._rows.of_child(self._database, child_id)
            consent = next((one for one in known if one.granted and one.family_id == family_id), None)
        if consent is None or consent.granted is not undo:
            return
        addressee = await self._rows.addressee(self._database, consent.parent_id, family_id)
        if addressee is None:
            return
        token = tokens.made(self._sending.secret, job.reference, family_id)
        by_text = consent.method == Method.TEXT_PLUS.value and self._sending.texts is not None and bool(addressee.phone)
        address = addressee.phone if by_text else addressee.email
        digest = tokens.digest(token) if undo else tokens.bound(token, address)
        async with unit_of(self._database) as unit:
            await self._rows.note_token(unit, consent, digest, undo=undo)
            await self._trail.by_service(unit, [consent.child_id], Service.CONSENT_LETTER)
        await self._deliver(job, consent, addressee, token)

    async def _deliver(self, job: Running, consent: Asked, addressee: Addressee, token: str) -> None:
        language = spoken(addressee.language) or DEFAULT_LANGUAGE
        sending, chosen = self._sending, _chosen(consent, language)
        page = UNDO_PAGE if consent.granted else ASK_PAGE
        values = {
            "link": sending.pages_url + page.format(token),
            "until": consent.ends_at.date().isoformat(),
            "day": (consent.confirmed_at or consent.requested_at).date().isoformat(),
            "notice": sending.pages_url + NOTICE_PAGE.format(consent.notice_version, language),
        }
        if consent.method == Method.TEXT_PLUS.value and sending.texts is not None and addressee.phone:
            try:
                await sending.texts.send(addressee.phone, chosen.short.format_map(values), job.reference)
            except TextRefused as refusal:
                raise Unrecoverable(f"text message refused: {refusal}") from None
            return
        text = chosen.text.strip().format_map(values) + "\n"
        if not consent.granted:
            text += "\n" + plain(self._notices.current(language), filled(sending.operator, language))
        await sending.letters.send(job, Letter(addressee.email, chosen.subject, text))


def filled(operator: Mapping[str, str], language: str) -> dict[str, str]:
    """What settings say of the operator, for a notice in a language."""
    return {**operator, "third_parties": operator["third_parties"] or words(language).page.nobody}


def plain(notice: Notice, values: Mapping[str, str]) -> str:
    """A notice as plain text."""
    parts = [notice.title.upper()]
    for block in notice.blocks(values):
        if block.kind == "list":
            parts.append("\n".join(f"- {text}" for text in block.texts))
        else:
            parts += block.texts
    return "\n\n".join(parts) + "\n"


def _chosen(consent: Asked, language: str) -> LetterWords:
    chosen = words(language)
    if consent.granted:
        return chosen.second
    return {RENEWAL: chosen.renewal, RENOTICE: chosen.renotice}.get(consent.reason, chosen.ask)
