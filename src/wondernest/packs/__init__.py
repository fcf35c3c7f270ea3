"""Content packs: pictures and sounds that a family gets for its children's stories, free or for money.

Owns the nine tables of packs in schema `public`, and wondernest.pack_purchases, wondernest.payment_events and
wondernest.pack_usage_days. What may be shown is decided by `access.suitability`, in each statement. It may call `access`.
"""
