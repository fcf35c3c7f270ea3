"""Families and accounts, and the work in the background for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from bench.data_set import PASSWORD
from bench.hot.parents import IDS, KEPT, LONG_AGO, REFRESH_LIFE, Parent, ParentRequests
from wondernest.auth.jobs import NEW_NETWORK, USER
from wondernest.auth.repository import (
    AccountRepository,
    AdmissionRepository,
    NewAccount,
    NewSession,
    Presented,
    Question,
    RevocationRepository,
    SessionRepository,
)
from wondernest.auth.tokens import TokenPair
from wondernest.coppa.repository import ConsentRepository
from wondernest.coppa.rules import ChildReference
from wondernest.family.repository import FamilyRepository
from wondernest.platform.db.batch import LockWait
from wondernest.platform.db.idempotency import IdempotencyKeys, KeptReply
from wondernest.platform.ids import new_uuid, sha256_hex
from wondernest.settings import Auth, Quotas

if TYPE_CHECKING:
    from bench.statements import OneConnection


class AccountRequests(ParentRequests):
    """Requests about a family and its parent's account."""

    def __init__(self, database: OneConnection, parents: Sequence[Parent]) -> None:
        super().__init__(database, parents)
        self._families = FamilyRepository()
        self._accounts = AccountRepository(database)
        self._sessions = SessionRepository(database, most=Auth().sessions_per_user, notice=(NEW_NETWORK, USER))
        self._keys = IdempotencyKeys(KEPT.idempotency_life_h, Quotas().idempotency_keys)

    # Families -----------------------------------------------------------------------------------------------------

    async def profile(self, count: int) -> None:
        """GET of the family."""
        found = await self._families.households(self._database, [parent.acting for parent in self._parents[:count]])
        assert all(one.decoded() for one in found)

    async def children(self, _: int) -> None:
        """GET of the children, and of one."""
        one = self._parents[0]
        assert await self._families.children(self._database, one.acting)
        assert await self._families.child(self._database, one.child_id, one.user_id)

    async def consent(self, _: int) -> None:
        """GET of a child's consent."""
        one = self._parents[0]
        reference = ChildReference.read(str(one.child_id), one.child_id)
        await ConsentRepository().find(self._database, one.user_id, one.family_id, reference)

    # Accounts -----------------------------------------------------------------------------------------------------

    async def log_in(self, _: int) -> None:
        """A login."""
        account = await self._accounts.by_email(self._parents[0].email)
        assert account is not None
        assert await self._sessions.open(_session(account.id), account.password_hash) is not None

    async def sign_up(self, _: int) -> None:
        """A sign-up: the address is looked up and not found."""
        email = f"plan-{next(self._serials)}@bench.invalid"
        assert await self._accounts.by_email(email) is None
        user = new_uuid()
        new = NewAccount(user, new_uuid(), email, PASSWORD, "Ann", "Bench", None, False, "Ann's Family")
        assert await self._sessions.register(new, _session(user))

    async def refresh(self, _: int) -> None:
        """A refresh."""
        one = self._parents[0]
        presented = sha256_hex(f"{one.user_id}-refresh-2")
        now = datetime.now(UTC)
        state = await self._sessions.refresh_state(one.user_id, presented, now)
        assert state is not None
        assert await self._sessions.renew(_session(one.user_id), state.account.password_hash, presented, now)

    async def log_out(self, _: int) -> None:
        """A logout."""
        one, now = self._parents[0], datetime.now(UTC)
        access = Presented(sha256_hex(f"{one.user_id}-access-2"), now, now + timedelta(hours=1))
        await self._sessions.end_chain(self._database, one.user_id, access, now, REFRESH_LIFE)

    async def admit(self, count: int) -> None:
        """The rules of access as a statement of their own, with a role and a proof to check."""
        now = datetime.now(UTC)
        questions = [
            Question(one.user_id, one.family_id, True, sha256_hex(f"{one.user_id}-access-2"), "proof", now)
            for one in self._parents[:count]
        ]
        await AdmissionRepository.ask(self._database, questions, LockWait.TOGETHER)

    async def list_sessions(self, _: int) -> None:
        """A user's sessions."""
        one = self._parents[0]
        access = sha256_hex(f"{one.user_id}-access-2")
        assert await self._sessions.find(one.user_id, access, datetime.now(UTC), REFRESH_LIFE)

    async def replay(self, _: int) -> None:
        """A request with an Idempotency-Key: the key is claimed, the reply stored, and a retry finds it."""
        user, key = self._parents[0].user_id, IDS.token()
        await self._keys.claim(self._database, user, key, "PUT /", b"{}")
        await self._keys.keep(self._database, user, key, KeptReply(200, b"{}", ()))
        assert await self._keys.claim(self._database, user, key, "PUT /", b"{}")

    # Background work ------------------------------------------------------------------------------------------------

    async def follow(self, _: int) -> None:
        """Reading the revocations of the last minute."""
        now = datetime.now(UTC)
        await RevocationRepository.since(self._database.only, now - timedelta(minutes=1), now, now - REFRESH_LIFE)

    async def prune(self, _: int) -> None:
        """Looking for expired rows when there are none."""
        await RevocationRepository.prune(self._database, LONG_AGO, LONG_AGO)
        await self._keys.forget_expired(self._database)


def _session(user_id: UUID) -> NewSession:
    now = datetime.now(UTC)
    pair = TokenPair(IDS.token(), IDS.token(), now + timedelta(hours=1), now + REFRESH_LIFE)
    return NewSession(user_id, pair, None, now)
