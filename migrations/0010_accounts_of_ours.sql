-- Additions: what the accounts and family rooms keep besides the shared tables.

-- Where an old core.users lacks these, its owner adds them: tables that are there are not altered by us.
-- @column core.users.role [owner]
alter table core.users add column role varchar(50) default 'parent';
-- @column core.users.pin_hash [owner]
alter table core.users add column pin_hash varchar(255);
-- @column core.users.family_id [owner]
alter table core.users add column family_id uuid;

-- @table core.password_reset_tokens
-- One-time reset tokens (SHA-256 hex), in the place where the earlier backends look for them.
create table core.password_reset_tokens (
    id         uuid primary key default gen_random_uuid(),
    user_id    uuid not null references core.users on delete cascade,
    token      varchar(255) not null unique,
    used       boolean not null default false,
    expires_at timestamptz not null,
    created_at timestamptz not null default current_timestamp
);
create index idx_password_reset_tokens_user on core.password_reset_tokens (user_id);

-- @table wondernest.email_verifications
-- One-time tokens (SHA-256) of verification mails.
create table wondernest.email_verifications (
    token_hash bytea primary key,
    user_id    uuid not null references core.users on delete cascade,
    email      varchar(255) not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    created_at timestamptz not null default current_timestamp
);
create index idx_email_verifications_user on wondernest.email_verifications (user_id);

-- @table wondernest.revoked_tokens
-- Access tokens (SHA-256) refused before their time. clock_timestamp: processes follow the table by created_at.
create table wondernest.revoked_tokens (
    token_hash bytea primary key,
    user_id    uuid not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default clock_timestamp()
);
create index idx_revoked_tokens_created on wondernest.revoked_tokens (created_at);
create index idx_revoked_tokens_expires on wondernest.revoked_tokens (expires_at);

-- @table wondernest.token_cutoffs
-- Every token of the user issued before this mark is refused.
create table wondernest.token_cutoffs (
    user_id       uuid primary key,
    issued_before timestamptz not null,
    created_at    timestamptz not null default clock_timestamp()
);
create index idx_token_cutoffs_created on wondernest.token_cutoffs (created_at);

-- @table wondernest.child_details
-- Kotlin cannot read a filled interests or favorite_colors column of family.child_profiles: ours live here.
create table wondernest.child_details (
    child_id        uuid primary key references family.child_profiles on delete cascade,
    interests       text[] not null default '{}',
    favorite_colors text[] not null default '{}',
    updated_at      timestamptz not null default current_timestamp
);
