"""The account routes, mounted under v1 and v2 alike: parse, one service call, reply (auth contract §2)."""

from wondernest.auth.routes.accounts import AccountRoutes
from wondernest.auth.routes.proofs import ProofRoutes
from wondernest.auth.routes.sessions import SessionRoutes

__all__ = ["AccountRoutes", "ProofRoutes", "SessionRoutes"]
