-- Additions: what permits data of a child besides a consent: days of grace, and its age.

-- @function wondernest.of_age(uuid, integer)
-- Whether the child has reached the age of consent of its family's country, or the given age where that is unknown. The day is the one
-- that has begun everywhere, so a child is never of age a day early, in whatever zone the family lives.
create function wondernest.of_age(child uuid, strictest integer) returns boolean
language plpgsql stable as $$
begin
    return coalesce((
        select extract(year from age((now() at time zone 'UTC' - interval '12 hours')::date,
                                     least(greatest(aged.birth_date, '0001-01-01'), '9999-12-31')))
               >= coalesce(household.consent_age, strictest)
          from family.child_profiles aged
          left join wondernest.family_locales household on household.family_id = aged.family_id
         where aged.id = child), false);
end
$$;

-- @function wondernest.permitted(uuid, text, integer, boolean)
-- Whether the child's data may be collected or used for the purpose: by a consent in force, by days of grace, or by its age. `writes`
-- locks the gate for share. Volatile on purpose: each of its statements sees what was committed before it, so after a wait for a
-- withdrawal it sees that.
create function wondernest.permitted(child uuid, asked text, strictest integer, writes boolean) returns boolean
language plpgsql volatile as $$
declare
    gate wondernest.consent_gates;
begin
    if writes then
        select held.* into gate from wondernest.consent_gates held where held.child_id = child for share;
    else
        select held.* into gate from wondernest.consent_gates held where held.child_id = child;
    end if;
    if gate.grace_until > now() then
        return true;
    end if;
    if gate.in_force_until > now() and asked = any (gate.purposes) and (gate.consent_id is null or exists (
        select from compliance.coppa_consent shown where shown.id = gate.consent_id and shown.revoked_at is null)) then
        return true;
    end if;
    return wondernest.of_age(child, strictest);
end
$$;
