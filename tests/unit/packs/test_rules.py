"""The rules of packs."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.packs.rules import (
    BadStatus,
    Download,
    Standing,
    advanced,
    clamped,
    colour,
    loop_points,
    number,
    palette,
    prefix_query,
    sort_of,
    stored_name,
    truth,
    wire_name,
)

PACK_TYPES = {
    "character_bundle": "characterBundle",
    "backdrop_collection": "backdropCollection",
    "sticker_pack": "stickerPack",
    "sound_effects": "soundEffects",
    "music_collection": "musicCollection",
    "voice_pack": "voicePack",
    "emoji_pack": "emojiPack",
    "sprite_sheet": "spriteSheet",
    "interactive_objects": "interactiveObjects",
    "particle_effects": "particleEffects",
    "texture_pack": "texturePack",
    "animation_bundle": "animationBundle",
    "educational_theme": "educationalTheme",
}
MEDIA_TYPES = {
    "image_static": "imageStatic",
    "image_animated": "imageAnimated",
    "sprite_sheet": "spriteSheet",
    "vector_animation": "vectorAnimation",
    "audio_sound": "audioSound",
    "audio_music": "audioMusic",
    "audio_voice": "audioVoice",
    "video_short": "videoShort",
    "interactive_object": "interactiveObject",
    "particle_system": "particleSystem",
    "texture_3d": "texture3D",
    "model_3d": "model3D",
    "font_custom": "fontCustom",
}
standings = st.sampled_from(Standing)


@pytest.mark.parametrize(("stored", "shown"), [*PACK_TYPES.items(), *MEDIA_TYPES.items()])
def test_types_have_the_names_of_the_app_and_are_found_in_every_spelling(stored: str, shown: str) -> None:
    assert wire_name(stored) == shown
    assert {stored_name(text) for text in (stored, shown, stored.upper())} == {stored}


@given(st.lists(standings, min_size=1, max_size=6))
def test_how_a_payment_stands_does_not_depend_on_the_order_or_the_number_of_events(told: list[Standing]) -> None:
    def after(events: tuple[Standing, ...]) -> Standing:
        standing = Standing.PENDING
        for event in events:
            standing = advanced(standing, event)
        return standing

    orders = itertools.islice(itertools.permutations(told), 120)
    assert {after((*order, *order)) for order in orders} == {after(tuple(told))}


@given(standings)
def test_a_refund_is_final_and_a_success_outweighs_an_attempt_that_was_declined(told: Standing) -> None:
    assert advanced(Standing.REFUNDED, told) is Standing.REFUNDED
    assert advanced(Standing.DECLINED, Standing.AUTHORISED) is Standing.AUTHORISED
    assert advanced(Standing.AUTHORISED, Standing.DECLINED) is Standing.AUTHORISED


def test_colours_are_six_hex_digits() -> None:
    assert [colour(text) for text in ("#4caf50", "#4CAF50")] == ["#4caf50", "#4CAF50"]
    assert [colour(text) for text in (None, "", "red", "#fff", "#12345678", "#GG0000", "#4caf50\n")] == [None] * 7


def test_of_palettes_and_loops_only_what_the_app_reads_is_left() -> None:
    assert palette({"primary": "#112233", "secondary": "x", "accent": "gold", "depth": 3}) == {
        "primary": "#112233",
        "accent": "gold",
    }
    assert loop_points({"start": 0, "end": 2.0, "half": 0.5, "on": True, "text": "1"}) == {"start": 0, "end": 2}
    for other in (None, [], "x", 3):
        assert palette(other) is None
        assert loop_points(other) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lion", "'lion':*"),
        ("  Two  Words ", "'Two':* & 'Words':*"),
        ("it's", "'it':* & 's':*"),
        ("a&b|c!(d):*", "'a':* & 'b':* & 'c':* & 'd':*"),
        ("löwe 狮子", "'löwe':* & '狮子':*"),
        ("…", None),
        ("", None),
    ],
)
def test_words_are_the_beginnings_of_words(text: str, found: str | None) -> None:
    assert prefix_query(text) == found


@given(st.text())
def test_no_text_makes_a_query_with_anything_but_words(text: str) -> None:
    query = prefix_query(text)
    assert query is None or all(word.strip("'").isalnum() for word in query.replace(":*", "").split(" & "))


def test_numbers_and_truths_that_cannot_be_read_are_none() -> None:
    assert [number(text) for text in ("12", " -3 ", "9" * 18)] == [12, -3, 2_147_483_647]
    assert [number(text) for text in (None, "", "x", "1.5", "1e3", "9" * 30, "٣")] == [None] * 7
    assert [truth(text) for text in ("true", "FALSE", "1", "", None)] == [True, False, None, None, None]
    assert [clamped(text, 20, 1, 100) for text in ("0", "7", "101", "x", None)] == [1, 7, 100, 20, 20]
    assert [sort_of(text) for text in ("PRICE", "newest", "x", None)] == ["price", "newest", "popularity", "popularity"]


def test_a_completed_download_is_whole_and_progress_is_a_percentage() -> None:
    assert Download.of(" Completed ", 3) == Download("completed", 100)
    assert [Download.of("downloading", given_).progress for given_ in (-1, 50, 101)] == [0, 50, 100]
    with pytest.raises(BadStatus):
        Download.of("done", 100)
