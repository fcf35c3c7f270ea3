-- Additions: who an outside identity is, and which addresses were proven.

-- @table wondernest.address_proofs
-- Addresses that the user of an account has shown to be theirs. core.users.email_verified is no proof: anybody with a session sets it.
-- `source`: 'letter' and 'reset' are spent one-time tokens that were mailed to the address, 'identity' is an ID token of a provider
-- that had verified it. `token_hash` is the token's SHA-256.
create table wondernest.address_proofs (
    user_id    uuid not null references core.users on delete cascade,
    email      varchar(255) not null check (email = lower(email)),
    source     varchar(20) not null check (source in ('letter', 'reset', 'identity')),
    token_hash bytea not null,
    proven_at  timestamptz not null,
    primary key (user_id, email)
);

-- @table wondernest.outside_identities
-- Persons as identity providers know them, and the account that each of them opens. An address identifies nobody.
create table wondernest.outside_identities (
    issuer    varchar(255) not null,
    subject   varchar(255) not null,
    user_id   uuid not null references core.users on delete cascade,
    linked_at timestamptz not null,
    primary key (issuer, subject)
);
create index idx_outside_identities_user on wondernest.outside_identities (user_id);

-- @table wondernest.used_identity_tokens
-- ID tokens that opened a session (SHA-256 of what the provider signed), until they expire: each is accepted once.
create table wondernest.used_identity_tokens (
    token_hash bytea primary key,
    expires_at timestamptz not null
);
create index idx_used_identity_tokens_expires on wondernest.used_identity_tokens (expires_at);

-- @column core.password_reset_tokens.email
-- The address that a reset token was mailed to: spending the token proves that address, not a later one.
alter table core.password_reset_tokens add column email varchar(255);

-- @change 0014.proofs-of-letters [wondernest.address_proofs, wondernest.email_verifications]
-- Mailed tokens that were spent before this release and have not been removed yet.
insert into wondernest.address_proofs (user_id, email, source, token_hash, proven_at)
select distinct on (user_id, lower(email)) user_id, lower(email), 'letter', token_hash, used_at
  from wondernest.email_verifications where used_at is not null
 order by user_id, lower(email), used_at
on conflict do nothing;
