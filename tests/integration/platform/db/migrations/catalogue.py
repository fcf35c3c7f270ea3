"""The shared catalogue (tests/data/schema.json) and a live database as lines of text that can be compared."""

import json
import re
from pathlib import Path

import psycopg

CATALOGUE = json.loads((Path(__file__).parents[4] / "data" / "schema.json").read_text(encoding="utf-8"))
TABLES: dict[str, dict] = CATALOGUE["tables"]
ON_DELETE = {"a": "NO ACTION", "c": "CASCADE", "n": "SET NULL"}

COLUMNS = """
    select attname, format_type(atttypid, atttypmod), not attnotnull, pg_get_expr(adbin, adrelid)
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum"""
KEYS = """
    select conname, contype::text, confdeltype::text, pg_get_constraintdef(oid), confrelid::regclass::text,
        array(select attname::text from unnest(conkey) with ordinality as key (attnum, place)
              join pg_attribute on attrelid = conrelid and pg_attribute.attnum = key.attnum order by place)
    from pg_constraint where conrelid = %s::regclass and contype in ('p', 'u', 'f', 'c')"""
INDEXES = "select indexname, indexdef from pg_indexes where schemaname || '.' || tablename = %s"
TRIGGERS = """
    select tgname, tgtype, nspname || '.' || proname
    from pg_trigger join pg_proc on pg_proc.oid = tgfoid join pg_namespace on pg_namespace.oid = pronamespace
    where tgrelid = %s::regclass and not tgisinternal"""
TABLE_NAMES = """
    select schemaname || '.' || tablename from pg_tables
    where schemaname !~ '^pg_' and schemaname <> 'information_schema'"""
RELATIONS = """
    select 'owner ' || oid::regclass, relowner::regrole::text || coalesce(relacl::text, '') from pg_class
    where relkind = 'r' and relnamespace::regnamespace::text !~ '^pg_|information_schema'"""
SCHEMAS = """
    select 'schema ' || nspname, nspowner::regrole::text || coalesce(nspacl::text, '')
    from pg_namespace where nspname !~ '^pg_'"""
FUNCTIONS = """
    select 'function ' || oid::regprocedure, prosrc from pg_proc
    where pronamespace::regnamespace::text !~ '^pg_|information_schema'"""
TYPES = """
    select 'type ' || enumtypid::regtype, string_agg(enumlabel, ',' order by enumsortorder)
    from pg_enum group by enumtypid"""
ADDED_TO_SAVES = "column 7 data_version integer not null 1"
ADDED_TO_USERS = (
    "index idx_users_email_mixed_case"
    " CREATEINDEXidx_users_email_mixed_caseONcore.usersUSINGbtreeloweremailWHEREemail<>loweremail"
)
ADDED_TO_FILES = (
    "index idx_uploaded_files_deleted"
    " CREATEINDEXidx_uploaded_files_deletedONcore.uploaded_filesUSINGbtreeuser_idWHEREdeleted_atISNOTNULL"
)
ADDED_TO_PACKS = (
    "index idx_content_packs_words CREATEINDEXidx_content_packs_wordsONpublic.content_packsUSINGgin"
    "to_tsvector'english',COALESCEname,''||''||COALESCEdescription,''||''||COALESCEsearch_keywords,''"
)
ADDED_TO_OWNERSHIP = (
    "index idx_user_pack_ownership_for_all CREATEUNIQUEINDEXidx_user_pack_ownership_for_allONpublic.user_pack_ownership"
    "USINGbtreeuser_id,pack_idWHEREchild_idISNULL"
)
_TOLD_BY_METADATA = (
    "COALESCECASEWHENjsonb_typeofmetadata->'ageRating'='number'THENLEASTGREATESTmetadata->'ageRating',0,100ELSENULLEND>age_min,"
    "jsonb_typeofmetadata->'ageRating'='number',falseORCASEWHENjsonb_typeofmetadata->'isEducational'='boolean'"
    "THENmetadata->>'isEducational'<>COALESCEcategory=ANY'educational','science',falseELSEfalseEND"
)
ADDED_TO_CONTENT = frozenset(
    {
        (
            "index idx_content_items_words CREATEINDEXidx_content_items_wordsONcontent.content_itemsUSINGgin"
            "wondernest.content_documenttitle,description,tags,language"
        ),
        (
            "index idx_content_items_listed CREATEINDEXidx_content_items_listedONcontent.content_itemsUSINGbtreeis_featuredISNOTTRUE,"
            "COALESCEcreated_at,'1970-01-0100:00:00+00',idWHEREis_active"
        ),
        (
            "index idx_content_items_marks CREATEINDEXidx_content_items_marksONcontent.content_itemsUSINGgin"
            "wondernest.content_markstitle,description,tagsWHEREis_active"
        ),
        (
            "index idx_content_items_ordinary CREATEINDEXidx_content_items_ordinaryONcontent.content_itemsUSINGbtreeage_min,age_max,"
            f"category,content_type,language,provider,duration_secondsWHEREis_activeANDNOT{_TOLD_BY_METADATA}"
        ),
        (
            "index idx_content_items_odd CREATEINDEXidx_content_items_oddONcontent.content_itemsUSINGbtreeidWHEREis_activeAND"
            f"{_TOLD_BY_METADATA}"
        ),
        (
            "index idx_content_items_elsewhere CREATEINDEXidx_content_items_elsewhereONcontent.content_itemsUSINGbtreelowerleft"
            "substringurl,'^?:A-Za-zA-Za-z0-9+.-*:?//?:^/?#*@?^/:?#*',255WHEREis_activeANDurl~'//'"
        ),
        "index idx_content_items_ours CREATEINDEXidx_content_items_oursONcontent.content_itemsUSINGbtreeprovider,provider_id",
    }
)
ADDED_TO_EVENTS = (
    "index idx_analytics_events_child_created CREATEINDEXidx_analytics_events_child_createdONanalytics.analytics_events"
    "USINGbtreechild_id,created_at"
)
ADDED_TO_VIEWS = (
    "index idx_content_engagement_child_started CREATEINDEXidx_content_engagement_child_startedON"
    "content.content_engagementUSINGbtreechild_id,started_at"
)
"""All that we add to existing tables (docs/database.md)."""
TRIGGER_EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16}


def run(connection: psycopg.Connection, statement: str, parameters: list[object] | None = None) -> psycopg.Cursor:
    """Execute a statement put together from names of the catalogue or of the installer."""
    return connection.execute(statement.encode(), parameters)


def bare(expression: str | None) -> str:
    """An expression without the parts that PostgreSQL versions render differently: casts, brackets, blanks."""
    return re.sub(r"::[a-z_. ]+(\[\])?|[()\[\]\s\"]|ARRAY", "", expression or "")


def wanted(name: str) -> set[str]:
    """The catalogue's table, a line for each column, key, check, index and trigger."""
    table = TABLES[name]
    lines = {
        f"column {place} {c['name']} {c['type']} {'null' if c['nullable'] else 'not null'} {bare(c['default'])}"
        for place, c in enumerate(table["columns"])
    }
    lines.add(f"primary key {table['primary_key']['name']} {table['primary_key']['columns']}")
    lines |= {
        f"unique {u['name']} {u['columns']}{' nulls not distinct' * u['nulls_not_distinct']}" for u in table["unique"]
    }
    lines |= {
        f"foreign key {f['name']} {f['columns']} {f['references']} {f['on_delete']}" for f in table["foreign_keys"]
    }
    lines |= {f"check {c['name']} {bare(c['definition'])}" for c in table["checks"]}
    lines |= {f"index {i['name']} {bare(i['definition'])}" for i in table["indexes"]}
    return lines | {
        f"trigger {t['name']} {t['timing']} {sorted(t['events'])} {t['function']}" for t in table["triggers"]
    }


def found(connection: psycopg.Connection, name: str) -> set[str]:
    """The live table in the lines of `wanted`."""
    lines = {
        f"column {place} {column} {kind} {'null' if nullable else 'not null'} {bare(default)}"
        for place, (column, kind, nullable, default) in enumerate(connection.execute(COLUMNS, [name]))
    }
    for key, kind, on_delete, definition, target, columns in connection.execute(KEYS, [name]):
        match kind:
            case "p":
                lines.add(f"primary key {key} {columns}")
            case "u":
                lines.add(f"unique {key} {columns}{' nulls not distinct' * ('NULLS NOT' in definition)}")
            case "f":
                table = target if "." in target else f"public.{target}"
                lines.add(f"foreign key {key} {columns} {table} {ON_DELETE[on_delete]}")
            case _:
                lines.add(f"check {key} {bare(definition)}")
    lines |= {f"index {index} {bare(definition)}" for index, definition in connection.execute(INDEXES, [name])}
    for trigger, kind, function in connection.execute(TRIGGERS, [name]):
        timing = "BEFORE" if kind & 2 else "AFTER"
        events = sorted(event for event, bit in TRIGGER_EVENTS.items() if kind & bit)
        lines.add(f"trigger {trigger} {timing} {events} {function}")
    return lines


def differences(connection: psycopg.Connection, name: str) -> set[str]:
    """Lines that only the live table has (+) or lacks (-)."""
    have, want = found(connection, name), wanted(name)
    return {f"+{line}" for line in have - want} | {f"-{line}" for line in want - have}


def table_names(connection: psycopg.Connection) -> set[str]:
    """Every table of the database, with its schema."""
    rows = connection.execute(TABLE_NAMES)
    return {name for (name,) in rows}


def snapshot(connection: psycopg.Connection) -> dict[str, object]:
    """Everything of a database that an installer must not touch: shapes, owners, rights, functions, rows."""
    state: dict[str, object] = {}
    for name in table_names(connection):
        state[f"shape {name}"] = frozenset(found(connection, name))
        state[f"rows {name}"] = run(
            connection, f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {name} t"
        ).fetchone()
    for query in (RELATIONS, SCHEMAS, FUNCTIONS, TYPES):
        state.update(run(connection, query).fetchall())
    return state
