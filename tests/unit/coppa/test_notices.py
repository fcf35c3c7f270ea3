"""The notices: each version is fixed by its hash, complete in every language, and says what the law asks for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from wondernest.coppa.notices import PLACEHOLDERS, BadNotice, load
from wondernest.coppa.words import Words, words
from wondernest.platform.languages import LANGUAGES, accepted, spoken

FIXED = {
    (1, "en"): "c15f8dfbdcf9644dd73fa031ae3967d6c87bd903e403dd5ce96fca4d475fe775",
    (1, "es"): "8acabc4dda69db63e99d0ef7b3151050017eca3d26e8f713a5383de852d78ead",
    (1, "de"): "3c035ad3986d1c7b38e3ff03c3b41d413236cf21c388d12b5c48ab1db4000e40",
    (1, "fr"): "4187e06c6bf2f173330f5fc826e32f5ab9c829d4de5f006ef9f6805176c2cb7e",
    (2, "en"): "bb23a481a0c60893ffadb86c9184d07a530932a24ea7e6df313e2ab64c86cbcd",
    (2, "de"): "33d78a0d766251f51ef0f8487ac71bd6ed5280396f63fc77e1809fee7fb26606",
    (2, "es"): "cff87942280b395d37cf44497e8af39231e7b7677fd7ef39f2006d9866085ec7",
    (2, "fr"): "15def3e4db2432b635b623b9815f451936298850b41aceadd5737734a401c634",
}
"""SHA-256 of each document. Parents consented to these texts: a change of one is a new version, with new files beside the old."""
HEAD = "version: {}\ndate: 2026-01-01\nmaterial: {}\ntitle: T\n\n"
VALUES = dict.fromkeys(PLACEHOLDERS, "x")


def test_no_text_was_changed_without_a_new_version() -> None:
    notices = load()
    found = {(n.version, n.language): n.digest.hex() for v in notices.versions for n in (notices.find(v, language) for language in LANGUAGES)}  # fmt: skip
    assert found == FIXED


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_current_notice_has_the_same_parts_in_every_language(language: str) -> None:
    notice, english = load().current(language), load().current("en")
    assert notice.digest == hashlib.sha256(notice.document.encode()).digest()
    shape = [(block.kind, len(block.texts)) for block in notice.blocks(VALUES)]
    assert shape == [(block.kind, len(block.texts)) for block in english.blocks(VALUES)]
    for name in PLACEHOLDERS:
        assert f"{{{name}}}" in notice.document


def test_the_notice_says_who_what_why_how_long_and_which_rights() -> None:
    headings = [block.texts[0] for block in load().current("en").blocks(VALUES) if block.kind == "heading"]
    assert headings == [
        "Who we are",
        "Why you get this notice",
        "What we would store, and what for",
        "Who gets it",
        "How long we keep it",
        "Your rights",
        "How you consent",
    ]


def write(folder: Path, version: int, material: str = "yes", **languages: str) -> None:
    for language in LANGUAGES:
        text = languages.get(language, HEAD.format(version, material) + "## H\nText {operator}.\n- a\n- b\n")
        (folder / f"{version}.{language}.txt").write_text(text, encoding="utf-8")


def test_a_change_of_wording_asks_nobody_again_and_a_material_one_does(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2, material="no")
    notices = load(tmp_path)
    assert (notices.current("de").version, notices.material) == (2, 1)
    write(tmp_path, 3)
    assert (load(tmp_path).current("xx").version, load(tmp_path).material) == (3, 3)
    assert load(tmp_path).find(1, "fr").version == 1


@pytest.mark.parametrize(
    "text",
    [
        HEAD.format(1, "perhaps") + "Text",
        HEAD.format(2, "yes") + "Text",
        HEAD.format(1, "yes").replace("2026-01-01", "today") + "Text",
        HEAD.format(1, "yes").replace("title", "name") + "Text",
        HEAD.format(1, "yes"),
        HEAD.format(1, "yes") + "Text {unknown}",
        HEAD.format(1, "yes") + "Text {",
        HEAD.format(1, "no") + "Text",
        HEAD.format(1, "yes").replace("2026-01-01", "2026-01-02") + "Text",
    ],
)
def test_a_document_that_is_not_complete_stops_the_start(tmp_path: Path, text: str) -> None:
    write(tmp_path, 1, de=text)
    with pytest.raises(BadNotice):
        load(tmp_path)


def test_a_version_that_lacks_a_language_stops_the_start(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "1.es.txt").unlink()
    with pytest.raises(BadNotice):
        load(tmp_path)


def test_what_the_operator_is_called_is_no_markup() -> None:
    values = {**VALUES, "operator": "## not a heading\n- not an item {contact}"}
    blocks = list(load().current("en").blocks(values))
    assert any("## not a heading" in block.texts[0] for block in blocks if block.kind == "paragraph")
    assert len(blocks) == len(list(load().current("en").blocks(VALUES)))


def leaves(value: object) -> list[tuple[str, str]]:
    """Every text with its name."""
    found = msgspec.to_builtins(value)
    return [(f"{part}.{name}", text) for part, texts in found.items() for name, text in texts.items()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_words_have_the_same_places_to_fill_in_every_language(language: str) -> None:
    own, english = leaves(words(language)), leaves(words("en"))
    for (name, text), (_, reference) in zip(own, english, strict=True):
        assert text.strip(), name
        for place in ("{link}", "{day}", "{until}", "{notice}", "{version}", "{list}"):
            assert (place in text) == (place in reference), f"{language} {name} {place}"
        if language != "en" and name != "page.notice_version":
            assert text != reference, name
    assert isinstance(words(language), Words)


@pytest.mark.parametrize(
    ("text", "found"), [("de-AT", "de"), ("FR", "fr"), ("es_MX", "es"), ("pt", None), (None, None), ("", None)]
)
def test_a_tag_is_one_of_our_languages_or_none(text: str | None, found: str | None) -> None:
    assert spoken(text) == found


def test_a_reader_without_one_of_our_languages_gets_that_of_the_account() -> None:
    assert accepted("pt", "de") == "de"
    assert accepted(None) == "en"
