"""The content library: items, the parental filter's settings, and what children did with items.

Owns `content.content_items`, `content.content_engagement`, `content.content_filters`, and the limits that those have no column for:
`wondernest.family_content_limits` and `wondernest.child_content_limits`. What an item must fulfil to be shown is decided in
`access.suitability`. The room calls no other.
"""
