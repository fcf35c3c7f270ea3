-- Additions: payments that stay pending are asked about.

-- @change 0026.asked-payments [wondernest.pack_purchases]
-- When the gateway was last asked about a pending payment; null: never. The previous release names its columns, so its rows get null.
alter table wondernest.pack_purchases add column asked_at timestamptz;
create index idx_pack_purchases_pending on wondernest.pack_purchases (coalesce(asked_at, began_at)) where standing = 'pending';
