"""What can go wrong with packs, each with its wire form (server contract §2)."""

from __future__ import annotations

from collections.abc import Callable

from wondernest.access.consent import CONSENT_MESSAGE, CONSENT_REQUIRED
from wondernest.platform.http.errors import STEP_UP_MESSAGE, STEP_UP_REQUIRED, ApiError, ServiceUnavailable

CATEGORIES = "Failed to fetch categories"
FEATURED = "Failed to fetch featured packs"
OWNED = "Failed to fetch owned packs"
SEARCH = "Search failed"
PACK = "Failed to fetch pack"
PURCHASE = "Purchase failed"
DOWNLOAD = "Failed to update download status"
ASSETS = "Failed to fetch assets"
USAGE = "Failed to record usage"
REVIEW = "Failed to review pack"
EVENTS = "Payment event failed"


class PackError(ApiError):
    """The envelope `{"success":false,"data":null,"error":text}`."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(status, {"success": False, "data": None, "error": error})


class Refused(PackError):
    """400: the route's prefix and the reason."""

    def __init__(self, prefix: str, reason: str) -> None:
        super().__init__(400, f"{prefix}: {reason}")


class ConsentRequired(ApiError):
    """403: no parent permitted this purpose; the envelope, with a code and the purpose."""

    def __init__(self, purpose: str) -> None:
        body = {"success": False, "data": None, "error": CONSENT_MESSAGE, "code": CONSENT_REQUIRED, "purpose": purpose}
        super().__init__(403, body)


class ChildNotFound(Refused):
    """The child is not the caller's."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix, "Child not found")


class InvalidChildId(Refused):
    """The child's id is no UUID."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix, "Invalid child ID")


class InvalidPackId(Refused):
    """The pack's id is no UUID."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix, "Invalid pack ID")


class PackIdRequired(Refused):
    """A body without a pack."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix, "Pack ID is required")


class PackNotFound(PackError):
    """404: no such pack, or one that may not be shown to the caller."""

    def __init__(self) -> None:
        super().__init__(404, "Pack not found")


class NothingToBuy(PackError):
    """400: no such pack, or one that may not be shown to the caller or the child."""

    def __init__(self) -> None:
        super().__init__(400, "Pack not found")


class NotOwned(PackError):
    """404: the caller owns no such pack."""

    def __init__(self) -> None:
        super().__init__(404, "Pack ownership not found")


class AssetsRefused(PackError):
    """403: no such pack, one that may not be shown, or one that costs money and is not owned."""

    def __init__(self) -> None:
        super().__init__(403, "Pack not owned or not found")


class PaymentUnavailable(Refused):
    """No gateway is configured."""

    def __init__(self) -> None:
        super().__init__(PURCHASE, "Payment is not available")


class PaymentDeclined(Refused):
    """The gateway declined the payment, or took it back."""

    def __init__(self) -> None:
        super().__init__(PURCHASE, "Payment was declined")


class TooManyPurchases(PackError):
    """429: the caller began as many payments today as are allowed."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(429, f"{PURCHASE}: Too many purchases today")
        self.headers = {"Retry-After": str(retry_after_s)}


class TooMuchUsage(PackError):
    """413: the caller reported as many uses today as are kept."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(413, "Storage quota exceeded")
        self.headers = {"Retry-After": str(retry_after_s)}


class EventsOff(PackError):
    """404: no gateway is configured that reports events."""

    def __init__(self) -> None:
        super().__init__(404, "Payment events are not configured")


class BadEventSignature(PackError):
    """403: the event is not the gateway's, or too old."""

    def __init__(self) -> None:
        super().__init__(403, "Invalid signature")


class BadEvent(PackError):
    """400: a signed event that cannot be read, or whose amount is not that of the payment."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, f"Invalid event: {reason}")


class UnknownPayment(PackError):
    """404: a signed event of a payment that is not ours."""

    def __init__(self) -> None:
        super().__init__(404, "Unknown payment")


class NotParent(ApiError):
    """403: only a parent may get packs, which may cost money, and speak for the family about them."""

    def __init__(self) -> None:
        message = "Only a parent can get or review packs"
        super().__init__(403, {"success": False, "data": None, "error": "access_denied", "message": message})


class StepUpRequired(ApiError):
    """403: money is to be spent, and nobody proved to be the parent."""

    def __init__(self) -> None:
        body = {"success": False, "data": None, "error": STEP_UP_REQUIRED, "message": STEP_UP_MESSAGE}
        super().__init__(403, body)


class Unavailable(PackError):
    """503: a dependency is down or a queue is full."""

    def __init__(self, outage: ServiceUnavailable) -> None:
        super().__init__(503, "Service temporarily unavailable")
        self.headers = outage.headers


class Failed(PackError):
    """A server error: the status of the earlier backend's catch-all, and the route's prefix."""

    def __init__(self, prefix: str) -> None:
        super().__init__(500 if prefix in SERVER_ERRORS else 400, f"{prefix}: Internal error")


SERVER_ERRORS = frozenset({CATEGORIES, FEATURED, EVENTS})
"""The prefixes whose catch-all has the status 500; the others have 400 (server contract §2)."""


def unreadable(prefix: str) -> Callable[[str], ApiError]:
    """Makes a route's error for a body that is not JSON."""

    def refusal(reason: str) -> ApiError:
        del reason  # the wire has one text
        return Refused(prefix, "Invalid JSON format")

    return refusal
