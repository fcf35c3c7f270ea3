"""Names, tags, keys, stories and headers of files (server contract §3.0)."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.files.rules import (
    MAX_NAME_CHARS,
    BadTag,
    Named,
    category_of,
    disposition,
    is_ours,
    may_name_files,
    mentions_in,
    original_of,
    shown_name,
    story_in,
    tags_of,
    variant_folder,
    variant_key,
    words_for,
)

NAME = UUID("3f9c2c0e-6a0a-4b8e-9d6f-0c1d2e3f4a5b")
KEY = f"1756800000/{NAME}.jpg"


@pytest.mark.parametrize(
    ("text", "category"),
    [("artwork", "artwork"), (" ARTWORK ", "artwork"), ("images", "content"), ("", "content"), (None, "content")],
)
def test_an_unknown_category_is_content(text: str | None, category: str) -> None:
    assert category_of(text) == category


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("Cat, dog ,cat", ["cat", "dog"]),
        (" , ,", []),
        (None, []),
        ("big  dog,snow_man,a-b,7", ["big dog", "snow_man", "a-b", "7"]),
        ("Ñandú,灯泡", ["ñandú", "灯泡"]),
        ("x" * 50, ["x" * 50]),
    ],
)
def test_tags_are_trimmed_lower_case_and_once_each(text: str | None, tags: list[str]) -> None:
    assert tags_of(text) == tags


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 51, f"Tag '{'x' * 51}' exceeds 50 characters"),
        ("ok,<b>", "Tag '<b>' contains invalid characters"),
        ("a/b", "Tag 'a/b' contains invalid characters"),
        (",".join(str(number) for number in range(51)), "A file has at most 50 tags"),
    ],
)
def test_a_bad_tag_is_named(text: str, message: str) -> None:
    with pytest.raises(BadTag, match=re.escape(message)):
        tags_of(text)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("灯泡 ü 🦄.jpeg", "灯泡 ü 🦄.jpeg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\cat.png", "cat.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", "file"),
        ("..", "file"),
        ("\x00", "file"),
        ("x" * 300 + ".png", "x" * 251 + ".png"),
    ],
)
def test_a_name_is_shown_without_folders_and_controls(sent: str, shown: str) -> None:
    assert shown_name(sent) == shown


@given(st.text())
def test_any_name_can_be_stored_and_shown_again(name: str) -> None:
    shown = shown_name(name)
    assert 1 <= len(shown) <= MAX_NAME_CHARS
    assert shown_name(shown) == shown
    assert not set(shown) & set("/\\\r\n\x00")


@pytest.mark.parametrize("key", [KEY, f"uploads/{NAME}/cat.png", f"uploads/{NAME}/{NAME}", f"variants/{KEY}/320.webp"])
def test_keys_of_every_backend_are_ours(key: str) -> None:
    assert is_ours(key)


@pytest.mark.parametrize("key", ["cat.png", "backup/2026.tar", f"1/{NAME}.jpg", f"other/{NAME}.jpg", "uploads/x/y", ""])
def test_what_else_lies_in_a_storage_is_not(key: str) -> None:
    assert not is_ours(key)


def test_variants_are_stored_under_their_originals_key() -> None:
    variant = variant_key(KEY, 320, "webp")
    assert variant == f"variants/{KEY}/320.webp"
    assert variant.startswith(variant_folder(KEY))
    assert original_of(variant) == KEY
    assert original_of(KEY) == KEY


def test_a_file_is_named_by_its_id_and_by_its_keys_uuid() -> None:
    own = uuid4()
    assert words_for(own, KEY) == (str(own), str(NAME))
    assert words_for(NAME, KEY) == (str(NAME),)
    assert words_for(own, "cat.png") == (str(own),)


def story(pages: list[object], **outer: object) -> bytes:
    text = msgspec.json.encode({"title": "The Owl", "content": {"pages": pages}}).decode()
    return msgspec.json.encode({"data": text, **outer})


def test_a_story_of_the_site_is_read_with_its_pages() -> None:
    shown = {"background": f"http://localhost:8080/files/{KEY}"}
    deep = {"textBlocks": [{"style": {"background": {"image": {"url": f"https:\\/\\/x\\/files\\/{KEY}"}}}}]}
    found = story_in(story([shown, {"background": None}, deep], version=3))
    assert found is not None
    assert found.title == "The Owl"
    assert found.pages_with([str(NAME).encode()]) == 2
    assert found.pages_with([str(uuid4()).encode()]) == 0


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"7", b'{"data": 7}', b'{"data": "no json"}', b'{"data": "{\\"title\\": 7}"}', b'{"n": 1}', b"\xff"],
)
def test_another_document_is_no_story(document: bytes) -> None:
    assert story_in(document) is None


def test_a_story_may_be_stored_as_an_object_too() -> None:
    found = story_in(msgspec.json.encode({"data": {"title": "T", "content": {"pages": [{}]}}}))
    assert found is not None
    assert (found.title, len(found.pages)) == ("T", 1)


def test_a_document_mentions_every_uuid_in_it() -> None:
    other = uuid4()
    document = msgspec.json.encode({"a": f"/files/{KEY}", "b": [str(other).upper()]})
    assert mentions_in(document) == Named(frozenset({NAME, other}), frozenset({KEY}))


@pytest.mark.parametrize("end", ['"', '\\"', "?w=320", "#x", "')", ""])
def test_a_key_ends_where_its_address_ends(end: str) -> None:
    document = f'{{"style": "url(https://host/files/{KEY}{end}'.encode()
    assert mentions_in(document).keys == {KEY}


def test_slashes_may_be_escaped_at_any_depth() -> None:
    inner = '{"a": "https:\\/\\/host\\/files\\/' + KEY.replace("/", "\\/") + '"}'
    for document in (inner.encode(), msgspec.json.encode({"data": inner})):
        assert may_name_files(document)
        assert mentions_in(document).keys == {KEY}


def test_a_document_without_addresses_names_no_file() -> None:
    for document in (b'{"n": 1, "profiles": "/file"}', b'{"a": "/files", "b": "/filesystem"}', b"/files"):
        assert not may_name_files(document)
    assert may_name_files(b'{"a": "/files", "b": "/files/x"}')
    assert mentions_in(b"{}") == Named(frozenset(), frozenset())


@pytest.mark.parametrize(
    ("content_type", "attachment", "kind"),
    [
        ("image/png", False, "inline"),
        ("application/pdf", False, "inline"),
        ("video/mp4", False, "inline"),
        ("text/plain", False, "attachment"),
        ("image/png", True, "attachment"),
    ],
)
def test_only_what_browsers_show_is_inline(content_type: str, attachment: bool, kind: str) -> None:
    assert disposition(content_type, "a.png", attachment=attachment).split(";")[0] == kind


def test_a_name_comes_back_whole_in_the_header() -> None:
    header = disposition("image/jpeg", '灯泡 "ü";\r\n.jpeg', attachment=True)
    assert "\r" not in header
    assert "\n" not in header
    assert header.isascii()
    assert header.endswith("filename*=UTF-8''%E7%81%AF%E6%B3%A1%20%22%C3%BC%22%3B%0D%0A.jpeg")
    assert 'filename="__ _u__;__.jpeg"' not in header


@given(st.text())
def test_any_name_gives_one_header_line(name: str) -> None:
    header = disposition("image/png", shown_name(name), attachment=False)
    assert header.isascii()
    assert not set(header) & set("\r\n\x00")
    quoted = re.search(r'filename="([^"]*)"', header)
    assert quoted is not None
