"""The hot statements, found by calling the repositories as requests do. Adapt this file when their methods change.

An operation names the statements it runs, in order; `bench/plans.py` reports an error when it ran more or fewer.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec.structs import replace

from bench.data_set import FIRST_KEY, GAME, PASSWORD
from bench.documents import SMALL_BYTES, project
from bench.library import ONE_ITEM, RARE
from wondernest.access.consent import GateMode
from wondernest.analytics.repository import (
    ActivityRepository,
    AnalyticsRepository,
    ArchiveRepository,
    MilestoneRepository,
    RecommendationRepository,
    RollupRepository,
)
from wondernest.analytics.service import AnalyticsService, Report
from wondernest.audio.repository import AudioRepository
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
from wondernest.content.model import Engagement
from wondernest.content.model import Wanted as LibraryWanted
from wondernest.content.repository import FilterRepository, LibraryRepository
from wondernest.content.repository.library import Asker
from wondernest.coppa.repository import ConsentRepository
from wondernest.coppa.rules import ChildReference
from wondernest.family.repository import Acting, FamilyRepository
from wondernest.files.references import NOTE, SaveWatcher
from wondernest.games.repository import (
    DocumentRepository,
    HistoryRepository,
    LoadRepository,
    PublishedStories,
    RegistryRepository,
    SaveRepository,
)
from wondernest.games.rules import SMALL_LIST_BYTES, Deletion, Limits, Listing, Read, SaveKey, Write
from wondernest.games.service import Notices, ProjectSaves
from wondernest.letters.jobs import FAMILY as LETTER_FAMILY
from wondernest.letters.jobs import SEND
from wondernest.letters.jobs import SUNDAY as LETTER_SUNDAY
from wondernest.letters.jobs import USER as LETTER_USER
from wondernest.letters.repository import LetterKey, LetterRepository
from wondernest.packs.model import Use
from wondernest.packs.model import Wanted as PacksWanted
from wondernest.packs.repository import Asked, PackRepository, Proof, PurchaseRepository
from wondernest.packs.rules import Download, prefix_query
from wondernest.platform.caller import Caller
from wondernest.platform.clock import SystemClock
from wondernest.platform.db.batch import LockWait
from wondernest.platform.db.idempotency import IdempotencyKeys, KeptReply
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.ids import RandomIds, new_uuid, sha256_hex
from wondernest.platform.jobs import QueuedJobs
from wondernest.platform.large_work import LargeWork
from wondernest.screentime.repository import ScreenTimeRepository
from wondernest.screentime.rules import MOST_EXTRA_OF_DAY
from wondernest.settings import Auth, Games, Quotas
from wondernest.stories.reading import INSTANCE_ID, INSTANCE_PREFIX
from wondernest.stories.repository import TemplateRepository
from wondernest.stories.rules import Wanted

if TYPE_CHECKING:
    from bench.statements import OneConnection

BATCH: Final = 16
"""How many requests share a statement, where not 1."""
SAVES_OF_A_BATCH: Final = 8
REFRESH_LIFE: Final = timedelta(days=30)
CLOCK: Final = SystemClock()
IDS: Final = RandomIds(CLOCK)
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent of the data set with one child."""

    user_id: UUID
    family_id: UUID
    email: str
    child_id: UUID

    @property
    def caller(self) -> Caller:
        """The caller that a verified token of this parent gives."""
        return Caller(
            user_id=self.user_id,
            family_id=self.family_id,
            family_claim=str(self.family_id),
            email=self.email,
            role="PARENT",
            verified=True,
            token_hash=sha256_hex(self.email),
            issued_at=0,
            expires_at=1,
        )

    @property
    def acting(self) -> Acting:
        """The same for the family room."""
        return Acting(self.user_id, self.family_id)


class Requests:
    """Requests of parents, made through the service's own repositories on one connection. `count` parents share a statement."""

    def __init__(self, database: OneConnection, parents: Sequence[Parent]) -> None:
        kept = Games()
        self._database = database
        self._parents = parents
        limits = Limits(kept.kept_versions, kept.saves_per_child, kept.saves_bytes_per_family)
        self._saves = SaveRepository(database, limits)
        self._loads = LoadRepository(database)
        self._history = HistoryRepository(database)
        self._registry = RegistryRepository(database)
        self._documents = DocumentRepository()
        self._templates = TemplateRepository(database, PublishedStories())
        self._families = FamilyRepository()
        self._accounts = AccountRepository(database)
        self._sessions = SessionRepository(database, most=Auth().sessions_per_user, notice=(NEW_NETWORK, USER))
        self._keys = IdempotencyKeys(kept.idempotency_life_h, Quotas().idempotency_keys)
        large_work = LargeWork()
        events = AnalyticsRepository(self._registry, IDS, CLOCK, Quotas())
        notices = Notices(SaveWatcher(QueuedJobs().sender(NOTE)), database)
        projects = ProjectSaves(self._saves, large_work, notices)
        self._analytics = AnalyticsService(database, events, projects, CLOCK, large_work, RollupRepository())
        self._histories = ActivityRepository(self._registry)
        self._milestones = MilestoneRepository()
        self._screen_time = ScreenTimeRepository()
        self._letters = LetterRepository()
        self._recommendations = RecommendationRepository()
        self._archives = ArchiveRepository()
        self._rollups = RollupRepository()
        self._audio = AudioRepository(Quotas(), GateMode.OFF)
        self._serials = itertools.count(int(datetime.now(UTC).timestamp() * 1e6))

    # Saves --------------------------------------------------------------------------------------------------------

    async def load(self, count: int) -> None:
        """GET of a save."""
        key = SaveKey(GAME, FIRST_KEY)
        reads = [self._loads.get(Read(parent.user_id, parent.child_id, key)) for parent in self._parents[:count]]
        assert all(await asyncio.gather(*reads))

    async def list_saves(self, count: int) -> None:
        """GET of a child's saves."""
        asked = [Listing(parent.user_id, parent.child_id, GAME) for parent in self._parents[:count]]
        assert all(await asyncio.gather(*(self._loads.find(listing, instances=True) for listing in asked)))

    async def list_large(self, _: int) -> None:
        """GET of a child's saves that are too large to share a read with others."""
        one = self._parents[0]
        document = b'{"project":"%s"}' % token_urlsafe(SMALL_LIST_BYTES).encode()
        await self._saves.store(Write(one.user_id, one.child_id, SaveKey(GAME, "project"), document))
        listing = Listing(one.user_id, one.child_id, GAME)
        assert await self._loads.find(listing, instances=True) is None
        async for piece in await self._loads.open_large(listing, instances=True):
            assert piece
            break

    async def save(self, count: int, data_key: str = FIRST_KEY) -> None:
        """PUT of a save."""
        saved = await asyncio.gather(*(self._saves.store(write) for write in self._writes(count, data_key)))
        assert all(one.done for one in saved)

    async def first_save(self, count: int) -> None:
        """PUT of a save under a new key."""
        await self.save(count, "sticker_project_new")

    async def delete(self, _: int) -> None:
        """DELETE of a save."""
        one = self._parents[0]
        await self._saves.delete(Deletion(one.user_id, one.child_id, GAME, FIRST_KEY))

    async def lock(self, _: int) -> None:
        """The first step of a batch."""
        one = self._parents[0]
        keys = [SaveKey(GAME, f"sticker_project_{number}") for number in range(SAVES_OF_A_BATCH)]
        unit = UnitOfWork(self._database)
        await self._saves.lock(unit, one.user_id, one.child_id, keys)
        await unit.commit()

    async def versions(self, _: int) -> None:
        """GET of a save's kept versions, and of one of them."""
        one, key = self._parents[0], SaveKey(GAME, FIRST_KEY)
        kept = await self._history.find(one.user_id, one.child_id, (GAME, FIRST_KEY), None, 50)
        await self._history.get(one.user_id, one.child_id, key, kept[0].version)

    async def instances(self, _: int) -> None:
        """The child's games."""
        one = self._parents[0]
        await self._registry.prepare_instance(one.user_id, one.child_id, GAME)
        await self._registry.instances(one.user_id, one.child_id)
        await self._registry.active(one.user_id, one.child_id)

    def _writes(self, count: int, data_key: str) -> list[Write]:
        key = SaveKey(GAME, data_key)
        return [
            Write(parent.user_id, parent.child_id, key, self._document(), device="tablet")
            for parent in self._parents[:count]
        ]

    def _document(self) -> bytes:
        return project(SMALL_BYTES, random.Random(0), revision=f"{next(self._serials):016d}")

    # Events -------------------------------------------------------------------------------------------------------

    async def track(self, count: int) -> None:
        """POST of an event with a play time."""
        unit = UnitOfWork(self._database)
        sent = [
            self._analytics.track(parent.caller, self._event(parent, next(self._serials)), unit)
            for parent in self._parents[:count]
        ]
        await asyncio.gather(*sent)

    async def track_together(self, count: int) -> None:
        """POST of events of one child, which the statement for events of different children does not take."""
        unit, parent = UnitOfWork(self._database), self._parents[0]
        sent = [
            self._analytics.track(parent.caller, self._event(parent, next(self._serials)), unit) for _ in range(count)
        ]
        await asyncio.gather(*sent)

    async def figures(self, _count: int) -> None:
        """GET of a day, of a week, and of the milestones of a child."""
        [parent, *_] = self._parents
        today = CLOCK.now().date()
        whose = (self._database, parent.user_id, parent.child_id)
        await self._histories.whole(*whose, today, today)
        await self._histories.summed(*whose, today - timedelta(days=7), today)
        await self._milestones.reached(*whose)

    async def screen_time(self, _: int) -> None:
        """GET of a child's screen time, and POST of extra time; the figure of the day is `figures-day`."""
        one, unit = self._parents[0], UnitOfWork(self._database)
        assert await self._screen_time.find(unit, one.child_id, one.user_id)
        day = CLOCK.now().date()
        assert await self._screen_time.add_extra(unit, one.child_id, one.user_id, day, 15, MOST_EXTRA_OF_DAY)
        await unit.commit()

    async def letters(self, _: int) -> None:
        """A page of the walk over the readers of the weekly letter, and one letter."""
        reader = (await self._letters.readers(self._database, None))[-1]
        letter = LetterKey(reader.family_id, reader.user_id, CLOCK.now().date())
        assert (
            await self._letters.claim(self._database, [letter], SEND, (LETTER_FAMILY, LETTER_USER, LETTER_SUNDAY)) == 1
        )
        assert await self._letters.recipient(self._database, letter)
        assert await self._letters.hand_over(self._database, letter)

    async def beside_figures(self, _count: int) -> None:
        """GET of insights, what is not in the figures: what games heard, and the recommendations that are stored."""
        [parent, *_] = self._parents
        now = CLOCK.now()
        whose = (self._database, parent.user_id, parent.child_id)
        await self._audio.heard(*whose, (now - timedelta(days=28), now - timedelta(days=14), now))
        await self._recommendations.keep(*whose, ["Sing a song"], now)

    async def old_events(self, _count: int) -> None:
        """The removal of old events of one child, and what the archive and the sums look for."""
        [parent, *_] = self._parents
        before = LONG_AGO + timedelta(days=1)
        for archived in (False, True):
            await self._rollups.with_old_events(self._database, before, archived=archived)
            await self._rollups.remove(self._database, parent.child_id, before, archived=archived)
        await self._archives.next_day(self._database, LONG_AGO, before)
        await self._rollups.waiting(self._database, CLOCK.now(), BATCH)

    @staticmethod
    def _event(parent: Parent, moment: int) -> Report:
        data = b'{"gameId":"%s","score":120,"level":3,"playTimeMinutes":7,"timestamp":%d}' % (GAME.encode(), moment)
        return Report("game_progress", str(parent.child_id), GAME, 7, data, None)

    # Stories ------------------------------------------------------------------------------------------------------

    async def templates(self, _: int) -> None:
        """GET of the templates for a child, with those of other families and published stories, and of one of them."""
        one = self._parents[0]
        wanted = Wanted(marketplace=True, family=True)
        shelf = await self._templates.find(one.user_id, one.child_id, one.family_id, wanted)
        assert shelf is not None
        template_id = shelf.templates[0].id
        assert (await self._templates.get(one.user_id, one.child_id, one.family_id, template_id))[1] is not None

    async def child_documents(self, _: int) -> None:
        """GET of a child's report; and the search for an instance."""
        one = self._parents[0]
        assert await self._documents.find(self._database, one.user_id, one.child_id, GAME, None)
        field = INSTANCE_ID, str(new_uuid())
        assert await self._documents.locate(self._database, one.user_id, GAME, INSTANCE_PREFIX, field) is None

    # Packs --------------------------------------------------------------------------------------------------------

    async def packs(self, _: int) -> None:
        """GET of a page of packs, of those found by words, of the owned ones, of one and of its assets."""
        one, packs, now = self._parents[0], PackRepository(), datetime.now(UTC)
        asked = Asked(one.user_id, one.family_id, one.child_id)
        assert (await packs.search(self._database, asked, PacksWanted(page=1, size=20), now)).packs
        assert (await packs.search(self._database, asked, PacksWanted(words=prefix_query("lion"), size=20), now)).total
        owned = await packs.owned(self._database, asked)
        assert await packs.one(self._database, asked, owned[0].id, now)
        assert await packs.assets(self._database, asked, owned[0].id, now)

    async def use_pack(self, _: int) -> None:
        """Download and use of an owned pack, and an offer."""
        one, packs, now = self._parents[0], PackRepository(), datetime.now(UTC)
        asked = Asked(one.user_id, one.family_id, None)
        pack_id = (await packs.owned(self._database, asked))[0].id
        assert await packs.downloaded(self._database, asked, pack_id, Download("completed", 100), now)
        use = Use(
            pack_id=pack_id,
            child_id=None,
            asset_id=None,
            session_id=None,
            feature="ai_story",
            duration_s=7,
            metadata=None,
        )
        await packs.used(self._database, asked, use, IDS.ordered_uuid(), 1_000_000, now)
        assert await PurchaseRepository().offer(self._database, asked, pack_id, Proof("", ""), now)

    # The library --------------------------------------------------------------------------------------------------

    async def library(self, _: int) -> None:
        """GET of a page of the library, of what a search finds, of an item, of recommendations, and of the filters."""
        one, library = self._parents[0], LibraryRepository()
        asker = Asker(one.user_id, one.family_id)
        page = LibraryWanted(
            child_id=one.child_id, category=None, most_age=None, words=None, limit=20, offset=20, after=None
        )
        found = await library.listed(self._database, asker, page)
        assert found.items
        assert (await library.listed(self._database, asker, replace(page, words=RARE, offset=0))).items
        assert await library.find(self._database, asker, one.child_id, str(found.items[0].id))
        assert (await library.recommend(self._database, asker, one.child_id, CLOCK.now().date())).picks
        assert await FilterRepository().read(self._database, asker)

    async def engage(self, _: int) -> None:
        """POST of an engagement."""
        one, library, now = self._parents[0], LibraryRepository(), CLOCK.now()
        asker = Asker(one.user_id, one.family_id)
        done = Engagement(
            id=new_uuid(),
            earlier=(new_uuid(),),
            child_id=one.child_id,
            content_id=ONE_ITEM,
            kind="view",
            started_at=now,
            ended_at=now,
            duration_s=60,
            completion=None,
            score=0.3,
        )
        assert (await library.engage(self._database, asker, done, 1_000_000)).is_new

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


@dataclass(frozen=True, slots=True)
class Operation:
    """What one kind of request does. `names`: its statements, in order; None for a statement that another operation shows."""

    serves: str
    names: Sequence[str | None]
    run: Callable[[Requests, int], Awaitable[None]]
    counts: Sequence[int] = (1,)


_EACH_WORKER: Final = "every worker, in the background: "
_SCHEDULED: Final = "the jobs process, on a schedule: "
OPERATIONS: Final = (
    Operation("GET one save", ["save-load-one"], Requests.load),
    Operation("GET saves of several requests", ["save-load"], Requests.load, (BATCH,)),
    Operation("GET the saves of a child", ["save-list"], Requests.list_saves, (1, BATCH)),
    Operation(
        "GET large saves of a child",
        [None, None, None, "save-list-headings", "save-list-documents"],
        Requests.list_large,
    ),
    Operation("PUT a save over an older one", ["save-overwrite"], Requests.save),
    Operation("PUT saves of several requests over older ones", ["save-store"], Requests.save, (BATCH,)),
    Operation("PUT a save under a new key", [None, "save-store-first"], Requests.first_save),
    Operation("DELETE one save", ["save-delete"], Requests.delete),
    Operation("POST a batch of saves", ["save-lock"], Requests.lock),
    Operation("GET kept versions", ["version-list", "version-load"], Requests.versions),
    Operation("the games of a child", ["instance-prepare", "instance-list", "instance-active"], Requests.instances),
    Operation("POST one event", ["event-store-one"], Requests.track),
    Operation("POST events of different children", ["event-store-apart"], Requests.track, (BATCH,)),
    Operation("POST events of one child together", ["event-store"], Requests.track_together, (BATCH,)),
    Operation("GET the story templates for a child", ["story-list", "story-one"], Requests.templates),
    Operation("GET a child's stories", ["story-documents", "story-locate"], Requests.child_documents),
    Operation(
        "GET packs", ["pack-search", "pack-search-words", "pack-owned", "pack-one", "pack-assets"], Requests.packs
    ),
    Operation(
        "PATCH, POST use and POST purchase of a pack",
        [None, "pack-download", "pack-use", "pack-offer"],
        Requests.use_pack,
    ),
    Operation(
        "GET the library, and its filters",
        ["content-list", "content-search", "content-one", "content-recommend", "content-filters"],
        Requests.library,
    ),
    Operation("POST an engagement", ["content-engage"], Requests.engage),
    Operation("GET a child's figures", ["figures-day", "figures-week", "figures-milestones"], Requests.figures),
    Operation("GET screen time and POST extra time", ["screen-time", "extra-time"], Requests.screen_time),
    Operation(
        f"{_SCHEDULED}weekly letters",
        ["letter-readers", "letter-claim", "letter-recipient", "letter-hand-over"],
        Requests.letters,
    ),
    Operation("GET a child's insights", ["speech-heard", "recommendations-keep"], Requests.beside_figures),
    Operation(
        f"{_SCHEDULED}old events and days to be counted",
        [
            "events-old",
            "events-remove",
            "events-old-archived",
            "events-remove-archived",
            "events-next-day",
            "days-waiting",
        ],
        Requests.old_events,
    ),
    Operation("GET the family profile", ["household"], Requests.profile, (1, BATCH)),
    Operation("GET the children", ["family-children", "family-child"], Requests.children),
    Operation("GET a consent", ["consent-find"], Requests.consent),
    Operation("POST login", ["account-by-email", "session-open"], Requests.log_in),
    Operation("POST register", ["account-by-new-email", "session-register"], Requests.sign_up),
    Operation("POST refresh", ["session-refresh-state", "session-renew"], Requests.refresh),
    Operation("POST logout", ["user-lock", "session-end"], Requests.log_out),
    Operation("a request whose statements hold no rule of access", ["admission"], Requests.admit, (1, BATCH)),
    Operation("GET the sessions", ["session-list"], Requests.list_sessions),
    Operation("a request with an Idempotency-Key", ["key-claim", "key-keep", None, "key-read"], Requests.replay),
    Operation(f"{_EACH_WORKER}revocations", ["revoked-tokens-new", "token-cutoffs-new"], Requests.follow),
    Operation(
        f"{_SCHEDULED}expired rows",
        [
            "prune-revoked-tokens",
            "prune-identity-tokens",
            "prune-email-verifications",
            "prune-reset-tokens",
            "prune-step-up-proofs",
            "prune-token-cutoffs",
            "prune-unrecorded-cutoffs",
            "prune-sessions",
            "prune-refresh-tokens",
            "prune-keys",
        ],
        Requests.prune,
    ),
)


def _session(user_id: UUID) -> NewSession:
    now = datetime.now(UTC)
    pair = TokenPair(IDS.token(), IDS.token(), now + timedelta(hours=1), now + REFRESH_LIFE)
    return NewSession(user_id, pair, None, now)
