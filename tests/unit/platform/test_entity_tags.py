"""Lists of entity tags, as clients and proxies write them."""

from __future__ import annotations

import pytest

from wondernest.platform.entity_tags import MAX_FIELD_CHARS, read_entity_tags


@pytest.mark.parametrize(
    ("field", "opaque"),
    [
        ('"a"', {"a"}),
        ('W/"a"', {"a"}),
        ('"a","b"', {"a", "b"}),
        ('"a" , W/"b"\t,"c"', {"a", "b", "c"}),
        (', ,"a",,', {"a"}),
        ('"a,b"', {"a,b"}),
        ('"a b"', {"a b"}),
        ('""', {""}),
        ('"*"', {"*"}),
        ('"a-gzip", "b-br", "c-zstd", "d-deflate", "e-x"', {"a", "b", "c", "d", "e-x"}),
        ("", set()),
        ("a", set()),
        ('w/"a"', set()),
        ('W/ "a"', set()),
        ('"a', set()),
        ('a"', set()),
        ('"a"b', set()),
        ('"a" "b"', set()),
        ('"a"x, "b"', {"b"}),
        ("'a'", set()),
        ('"a",' * MAX_FIELD_CHARS, set()),
    ],
)
def test_tags_are_read_and_what_is_none_is_ignored(field: str, opaque: set[str]) -> None:
    found = read_entity_tags(field)
    assert found.opaque == opaque
    assert not found.any_state


@pytest.mark.parametrize("field", ["*", " * ", "*, *", '"a", *'])
def test_an_asterisk_names_every_state(field: str) -> None:
    assert read_entity_tags(field).any_state
    assert read_entity_tags(field).name('"whatever"')


@pytest.mark.parametrize("etag", ['"a"', 'W/"a"', '"a-gzip"', 'W/"a-gzip"'])
@pytest.mark.parametrize("field", ['"a"', 'W/"a"', '"a-gzip"', '"x", W/"a-br"'])
def test_forms_of_one_tag_name_each_other(field: str, etag: str) -> None:
    assert read_entity_tags(field).name(etag)
    assert not read_entity_tags(field).name('"b"')
