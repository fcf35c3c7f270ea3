"""What each kind of request runs, statement by statement; `bench/plans.py` reports an error when it ran more or fewer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.hot.accounts import AccountRequests
from bench.hot.figures import FigureRequests
from bench.hot.parents import BATCH
from bench.hot.play import PlayRequests
from bench.hot.shelves import ShelfRequests


class Requests(PlayRequests, FigureRequests, ShelfRequests, AccountRequests):
    """All requests of some parents, on one connection."""


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
