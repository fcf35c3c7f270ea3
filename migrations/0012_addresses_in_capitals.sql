-- Additions: what finds an address that some hand wrote in mixed case, without reading every user.

-- @index core.idx_users_email_mixed_case
-- The one index we add to a table that is there. It holds the users with a capital in their address: hardly any.
create index idx_users_email_mixed_case on core.users (lower(email)) where email <> lower(email);
