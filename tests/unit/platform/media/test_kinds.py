"""The type of a file by its content, and what a sender may call it (files contract §3.0)."""

from __future__ import annotations

import pytest

from wondernest.platform.media.kinds import Kind, allowed, extension_fits, kind_of, normalised
from wondernest.platform.media.refusals import Reason, refusal

HEADS = {
    Kind.JPEG: b"\xff\xd8\xff\xe0\x00\x10JFIF",
    Kind.PNG: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    Kind.GIF: b"GIF89a\x01\0\x01\0",
    Kind.WEBP: b"RIFF\x24\0\0\0WEBPVP8 ",
    Kind.PDF: b"%PDF-1.7\n",
    Kind.MP4: b"\0\0\0\x18ftypisom\0\0\2\0",
    Kind.WEBM: b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webmB\x87\x81\x04",
    Kind.MP3: b"ID3\x04\0\0\0\0\x0f\x76TIT2",
    Kind.WAV: b"RIFF\x24\0\0\0WAVEfmt ",
    Kind.TEXT: "Es war einmal ein Bär 🐻".encode(),
}


@pytest.mark.parametrize("kind", Kind)
def test_every_type_is_known_by_its_first_bytes(kind: Kind) -> None:
    assert kind_of(HEADS[kind]) is kind


@pytest.mark.parametrize("second", [0xFB, 0xF3, 0xE3, 0xFA, 0xFD])
def test_sound_without_a_tag_is_known_by_its_first_frame(second: int) -> None:
    assert kind_of(bytes([0xFF, second, 0x90, 0])) is Kind.MP3


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"MZ\x90\0\x03",
        b"PK\x03\x04\x14\0\0\0",
        b"\x7fELF\x02\x01\x01\0",
        b"\0\0\0\x18ftypheic\0\0\0\0",
        b"\0\0\0\x1cftypavif\0\0\0\0",
        b"RIFF\x24\0\0\0AVI LIST",
        b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84waltB\x87\x81\x04",
        b"\xff\xf1\x50\x80",
        b"text with a \0 in it",
        b"Latin-1: B\xe4r",
    ],
)
def test_anything_else_is_of_no_type(head: bytes) -> None:
    assert kind_of(head) is None


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><p>",
        b"<!doctype HTML>",
        b"\xef\xbb\xbf <html>",
        b"\n\t <script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"<?xml version='1.0'?><svg>",
        b"<!-- a comment --><svg>",
        b"<a href=x>",
        b"<img/src=x onerror=alert(1)>",
        b"<p",
    ],
)
def test_a_text_that_a_browser_would_run_is_no_text(head: bytes) -> None:
    assert kind_of(head) is None


@pytest.mark.parametrize(
    "head", [b"<3 from Mia", b"<pony> said hello", b"a <b>bold</b> word", b"ID3 is a tag", b"1 < 2"]
)
def test_a_text_may_have_angle_brackets(head: bytes) -> None:
    assert kind_of(head) is Kind.TEXT


def test_a_text_that_is_cut_within_a_character_is_a_text() -> None:
    assert kind_of("ü".encode()[:1].join([b"abc", b""])) is Kind.TEXT


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("image/jpg", Kind.JPEG),
        ("IMAGE/JPEG", Kind.JPEG),
        ("text/plain; charset=utf-8", Kind.TEXT),
        (" audio/mpeg ;x=y", Kind.MP3),
        ("application/x-msdownload", None),
        ("image/svg+xml", None),
        ("text/html", None),
        ("", None),
    ],
)
def test_a_declared_type_is_normalised(declared: str, kind: Kind | None) -> None:
    assert allowed(normalised(declared)) is kind


@pytest.mark.parametrize(
    ("kind", "name", "fits"),
    [
        (Kind.JPEG, "灯泡 ü 🦄.jpeg", True),
        (Kind.JPEG, "a.JPG", True),
        (Kind.JPEG, "a.png", False),
        (Kind.JPEG, "jpg", False),
        (Kind.JPEG, "", False),
        (Kind.MP3, "a.mpeg", True),
        (Kind.TEXT, "a.txt", True),
        (Kind.TEXT, "a.html", False),
        (Kind.PNG, "a.png.exe", False),
    ],
)
def test_the_extension_must_belong_to_the_type(kind: Kind, name: str, *, fits: bool) -> None:
    assert extension_fits(kind, name) is fits


def test_the_messages_are_those_of_the_contract() -> None:
    assert refusal(Reason.TOO_LARGE, max_bytes=10 << 20).message == "File size exceeds maximum allowed size of 10MB"
    assert refusal(Reason.TYPE_NOT_ALLOWED, declared="a/b").message == "File type 'a/b' is not allowed"
    assert refusal(Reason.WRONG_EXTENSION).message == "File extension does not match content type"
    assert refusal(Reason.WRONG_CONTENT).message == "File content does not match declared content type"
    assert refusal(Reason.ACTIVE_CONTENT).message == "File contains active content"
