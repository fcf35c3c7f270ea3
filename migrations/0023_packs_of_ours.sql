-- Additions: payments for content packs, and the search of packs.

-- @table wondernest.pack_purchases
-- Payments for packs, each from the moment before the gateway is asked. `standing` only goes forward: pending, declined,
-- authorised, refunded. A gateway names a payment by `<user_id>.<id>`.
create table wondernest.pack_purchases (
    user_id        uuid not null,
    id             uuid not null,
    pack_id        uuid not null references public.content_packs,
    child_id       uuid,
    price_cents    integer not null check (price_cents > 0),
    currency       varchar(3) not null,
    gateway        varchar(20) not null,
    standing       varchar(20) not null check (standing in ('pending', 'declined', 'authorised', 'refunded')),
    transaction_id varchar(100),
    began_at       timestamptz not null,
    changed_at     timestamptz not null,
    primary key (user_id, id)
);
create index idx_pack_purchases_pack on wondernest.pack_purchases (user_id, pack_id);
create index idx_pack_purchases_began on wondernest.pack_purchases (user_id, began_at);

-- @table wondernest.payment_events
-- Events of the gateway that were applied, so that a repeated one changes nothing.
create table wondernest.payment_events (
    user_id     uuid not null,
    event_id    varchar(200) not null,
    purchase_id uuid not null,
    kind        varchar(20) not null,
    received_at timestamptz not null,
    primary key (user_id, event_id)
);
create index idx_payment_events_received on wondernest.payment_events (received_at);

-- @table wondernest.pack_usage_days
-- How many uses of packs a user reported on a day (UTC): the limit of what is kept.
create table wondernest.pack_usage_days (
    user_id uuid not null,
    day     date not null,
    uses    integer not null,
    primary key (user_id, day)
);
create index idx_pack_usage_days_day on wondernest.pack_usage_days (day);

-- @index public.idx_content_packs_words
-- The search of packs. The older index has another expression: it is NULL for a pack without a description.
create index idx_content_packs_words on public.content_packs using gin (
    to_tsvector('english', coalesce(name, '') || ' ' || coalesce(description, '') || ' ' || coalesce(search_keywords, '')));

-- @index public.idx_user_pack_ownership_for_all
-- A pack is owned once for all children: the table's own constraint does not compare a child_id that is NULL.
create unique index idx_user_pack_ownership_for_all on public.user_pack_ownership (user_id, pack_id) where child_id is null;
