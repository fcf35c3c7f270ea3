"""The personal data of the inherited tables. Only the earlier backends write to them."""

from __future__ import annotations

from typing import Final

from wondernest.access.people import CHILD, FAMILY, OPERATOR
from wondernest.platform.personal_data import USER, Holding, Through

WHY: Final = "Features of the earlier backends"
KEPT: Final = "Until the person is erased"


def _held(
    table: str,
    what: str,
    people: dict[str, str],
    *personal: str,
    through: Through | None = None,
    shared: bool = False,
) -> Holding:
    return Holding(
        table=table, people=people, personal=personal, what=what, why=WHY, kept=KEPT, through=through, shared=shared
    )


_BY_INSTANCE: Final = Through("child_game_instance_id", "games.child_game_instances")
_BY_AUTHOR: Final = Through("creator_id", "marketplace.creator_profiles")
_BY_FILE: Final = Through("file_id", "core.uploaded_files")

PERSONAL_DATA: Final = (
    _held(
        "audit.activity_logs",
        "What a user did, from which network address",
        {"user_id": USER},
        "details",
        "ip_address",
        "user_agent",
    ),
    _held(
        "bookmarks.bookmark_categories", "A family's groups of bookmarks", {"family_id": FAMILY}, "name", "description"
    ),
    _held(
        "bookmarks.child_game_bookmarks",
        "Games that a parent marked for a child",
        {"child_id": CHILD, "parent_id": USER},
        "parent_notes",
        "parent_rating",
    ),
    _held(
        "content.stories",
        "Stories that a family wrote",
        {"family_id": FAMILY, "created_by": USER},
        "title",
        "description",
    ),
    _held(
        "content_workflow.content_approvals", "Who reviewed content", {"reviewer_id": OPERATOR}, "comments", shared=True
    ),
    _held("content_workflow.content_assets", "Who uploaded an asset", {"uploaded_by": OPERATOR}, shared=True),
    _held(
        "content_workflow.content_items",
        "Who wrote and published content",
        {"creator_id": OPERATOR, "published_by": OPERATOR},
        shared=True,
    ),
    _held("content_workflow.content_versions", "Who changed content", {"created_by": OPERATOR}, shared=True),
    _held("games.child_achievements", "What a child achieved in games", {"child_id": CHILD}, through=_BY_INSTANCE),
    _held("games.child_game_data", "Saves in an older form", {"child_id": CHILD}, "data_value", through=_BY_INSTANCE),
    _held("games.daily_game_metrics", "A child's play by day", {"child_id": CHILD}),
    _held(
        "games.game_sessions",
        "When a child played",
        {"child_id": CHILD},
        "session_data",
        "events",
        through=_BY_INSTANCE,
    ),
    _held("games.marketplace_reviews", "Reviews of stories", {"reviewer_id": USER}, "title", "review_text"),
    _held(
        "games.parent_approvals",
        "What a child asked a parent to approve",
        {"child_id": CHILD, "parent_id": USER},
        "request_context",
    ),
    _held(
        "games.story_purchases",
        "Stories that a parent bought",
        {"buyer_id": USER, "child_id": CHILD},
        "purchased_for_child_ids",
        "gift_message",
        "purchase_notes",
    ),
    _held("marketplace.child_library", "A child's stories", {"child_id": CHILD, "family_id": FAMILY}),
    _held("marketplace.creator_earnings", "What authors earned", {"user_id": USER}, through=_BY_AUTHOR),
    _held("marketplace.creator_followers", "Which authors a user follows", {"user_id": USER}, "creator_id"),
    _held(
        "marketplace.creator_profiles", "Profiles of authors", {"user_id": USER}, "display_name", "avatar_url", "bio"
    ),
    _held("marketplace.listings", "What authors offer", {"user_id": USER}, through=_BY_AUTHOR, shared=True),
    _held("marketplace.payouts", "What authors were paid", {"user_id": USER}, through=_BY_AUTHOR),
    _held("marketplace.purchases", "What a family bought", {"user_id": USER, "family_id": FAMILY}),
    _held("marketplace.recommendations", "Stories recommended for a child", {"child_id": CHILD, "family_id": FAMILY}),
    _held("marketplace.reviews", "Reviews of what a family bought", {"user_id": USER}, "review_text"),
    _held("public.ai_generation_quotas", "How many stories a user may have written", {"user_id": USER}),
    _held(
        "public.ai_image_analysis_cache",
        "What pictures of a family show",
        {"user_id": USER},
        "file_hash",
        "scene_description",
        through=_BY_FILE,
    ),
    _held(
        "public.ai_prompt_templates",
        "Templates of prompts and who wrote them",
        {"creator_id": USER},
        "moderation_notes",
        shared=True,
    ),
    _held(
        "public.ai_story_generations",
        "Stories written on a parent's request",
        {"parent_id": USER, "child_id": CHILD, "family_id": FAMILY},
        "user_prompt",
        "raw_llm_response",
    ),
    _held(
        "web_admin.admin_sessions",
        "Sessions of operators",
        {"admin_user_id": OPERATOR},
        "session_token",
        "refresh_token",
        "ip_address",
        "user_agent",
        "device_fingerprint",
    ),
    _held(
        "web_admin.admin_users",
        "Accounts of operators",
        {"id": OPERATOR, "created_by": OPERATOR},
        "email",
        "password_hash",
        "first_name",
        "last_name",
        "phone_number",
        "password_reset_token",
    ),
    _held(
        "web_audit.audit_log",
        "What was changed on the site, by whom, from where",
        {"user_id": USER},
        "user_email",
        "action_data",
        "old_values",
        "new_values",
        "ip_address",
        "user_agent",
    ),
    _held(
        "web_notifications.notifications",
        "Messages to a user of the site",
        {"user_id": USER},
        "title",
        "message",
        "data",
    ),
    _held(
        "web_sessions.parent_web_sessions",
        "Sessions of the site",
        {"parent_id": USER, "family_id": FAMILY},
        "session_token",
        "refresh_token",
        "device_info",
        "ip_address",
        "user_agent",
    ),
    _held(
        "web_sessions.web_activity_log",
        "What a user did on the site",
        {"user_id": USER},
        "activity_data",
        "request_path",
        "ip_address",
        "user_agent",
    ),
    _held("web_settings.platform_config", "Who changed a setting", {"modified_by": OPERATOR}, shared=True),
    _held("web_settings.user_preferences", "A user's preferences on the site", {"user_id": USER}, "preferences"),
)
