-- Additions: refusing a caller inside a statement, step-up proofs, and the end of token pairs that another backend issued.

-- @function wondernest.refuse(text)
-- Raises the given SQLSTATE. The access rules call it in the middle of a statement, so that a refusal costs no round trip of its
-- own. Volatile on purpose: a planner may run a stable function early, to estimate.
create function wondernest.refuse(reason text) returns boolean
language plpgsql volatile as $$
begin
    raise exception 'refused' using errcode = reason;
end
$$;

-- @table wondernest.step_up_proofs
-- Proofs (SHA-256) that the adult was there a moment ago. `session`: the origin of the login, or the hash of a lone access token.
create table wondernest.step_up_proofs (
    user_id    uuid not null references core.users on delete cascade,
    proof_hash bytea not null,
    session    varchar(255) not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default current_timestamp,
    primary key (user_id, proof_hash)
);
create index idx_step_up_proofs_expires on wondernest.step_up_proofs (expires_at);

-- @table wondernest.unrecorded_cutoffs
-- Refresh tokens of the user that have no row of ours and were issued no later than `issued_until` are refused, except those
-- issued at `spared_at`: the session that ended all others.
create table wondernest.unrecorded_cutoffs (
    user_id      uuid primary key,
    issued_until timestamptz not null,
    spared_at    timestamptz,
    created_at   timestamptz not null default clock_timestamp()
);
