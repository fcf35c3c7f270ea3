"""The envelopes of the pack routes, and the bodies that clients send (server contract §2)."""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType, field

from wondernest.packs.wire.shapes import AssetInfo, CategoryInfo, OwnershipInfo, PackInfo, ReviewInfo


class Categories(Struct):
    """All active categories."""

    categories: list[CategoryInfo]


class Packs(Struct):
    """Packs."""

    packs: list[PackInfo]


class Page(Struct, rename="camel"):
    """A page of a search; pages count from 0, `total` counts all pages."""

    packs: list[PackInfo]
    total: int
    page: int
    size: int
    has_next: bool


class OnePack(Struct):
    """One pack with its assets."""

    pack: PackInfo


class Assets(Struct):
    """The active assets of a pack."""

    assets: list[AssetInfo]


class Bought(Struct, rename="camel", kw_only=True):
    """What came of a purchase."""

    success: bool
    transaction_id: str | None
    ownership: OwnershipInfo | None
    error: str | None = None


class Noted(Struct):
    """An acknowledgement."""

    message: str


class Reviewed(Struct):
    """The caller's review as it is stored."""

    review: ReviewInfo


class CategoriesReply(Struct):
    """The envelope of categories."""

    data: Categories
    error: None = None
    success: bool = True


class PacksReply(Struct):
    """The envelope of packs."""

    data: Packs
    error: None = None
    success: bool = True


class PageReply(Struct):
    """The envelope of a search."""

    data: Page
    error: None = None
    success: bool = True


class PackReply(Struct):
    """The envelope of a pack."""

    data: OnePack
    error: None = None
    success: bool = True


class AssetsReply(Struct):
    """The envelope of assets."""

    data: Assets
    error: None = None
    success: bool = True


class BoughtReply(Struct):
    """The envelope of a purchase. `success` is false while the payment is pending."""

    data: Bought
    error: str | None = None
    success: bool = True


class ReviewReply(Struct):
    """The envelope of a review."""

    data: Reviewed
    error: None = None
    success: bool = True


class NotedReply(Struct):
    """The envelope of an acknowledgement."""

    data: Noted
    error: None = None
    success: bool = True


class PackRefusal(Struct):
    """A refusal of this room. `message` explains a code."""

    error: str
    message: str | UnsetType = UNSET
    data: None = None
    success: bool = False


class PurchaseBody(Struct, rename="camel"):
    """Which pack, for which child; without one it is for all children."""

    pack_id: str | None = None
    child_id: str | None = None
    payment_method: str | None = None


class DownloadBody(Struct, rename="camel"):
    """How far a download is."""

    status: str | None = None
    progress: int = 0
    child_id: str | None = None


class ReviewBody(Struct):
    """What a parent thinks of a pack: 1 to 5 stars."""

    rating: int | None = None


class UsageBody(Struct, rename="camel"):
    """That a pack was used."""

    pack_id: str | None = None
    used_in_feature: str | None = None
    child_id: str | None = None
    asset_id: str | None = None
    session_id: str | None = None
    usage_duration_seconds: int | None = None
    metadata: Raw = field(default_factory=Raw)
