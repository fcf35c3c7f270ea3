"""A sticker project is drawn as SVG as far as its document allows; nothing in it can break out of the picture."""

from __future__ import annotations

import json
from typing import Any
from xml.dom.minidom import parseString

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.games.drawing import drawn

CANVAS: dict[str, Any] = {
    "canvasSize": {"width": 800.0, "height": 600.0},
    "stickers": [
        {"sticker": {"emoji": "🦊"}, "position": {"x": 2.0, "y": 3.0}, "zIndex": 1},
        {"sticker": {"name": "<Owl>"}, "position": {"x": 1, "y": 1}, "zIndex": 0, "scale": 2.0},
    ],
    "drawings": [{"points": [{"x": 1.5, "y": 2}, {"x": 3, "y": 4}], "color": 4294901760, "strokeWidth": 5.0}],
    "texts": [{"text": "a & b", "position": {"x": 9, "y": 9}, "fontSize": 30.0}],
}


def test_stickers_strokes_and_texts_of_a_canvas_are_drawn_in_their_order() -> None:
    [picture] = drawn(json.dumps({"originalProject": {"infiniteCanvas": CANVAS}}).encode())
    root = parseString(picture).documentElement  # noqa: S318 - a picture of ours
    assert root is not None
    assert root.getAttribute("viewBox") == "0 0 800 600"
    assert picture.index("&lt;Owl&gt;") < picture.index("🦊")
    assert 'points="1.5,2 3,4"' in picture
    assert 'stroke="#ff0000"' in picture
    assert "a &amp; b" in picture


def test_what_lies_beside_the_canvas_is_in_the_picture() -> None:
    far = {"x": -300.0, "y": 900.0}
    canvas = {"stickers": [{"sticker": {"emoji": "🦊"}, "position": far}], "texts": [{"position": {"x": 1e9, "y": 0}}]}
    [picture] = drawn(json.dumps({"infiniteCanvas": canvas}).encode())
    assert 'viewBox="-360 0 1160 960"' in picture


def test_colours_that_the_app_packed_from_parts_of_one_are_drawn() -> None:
    text = {"text": "a", "color": 0x01010000, "position": {}}
    canvas = {"background": {"backgroundColor": 16843009}, "stickers": [], "texts": [text, {"text": "b", "color": 255}]}
    [picture] = drawn(json.dumps({"infiniteCanvas": canvas}).encode())
    assert 'height="600" fill="#ffffff"' in picture
    assert 'fill="#ff0000"' in picture
    assert 'fill="#0000ff"' in picture


def test_nothing_of_a_document_becomes_markup_an_address_or_a_style() -> None:
    evil = """"><script>x</script><image href='https://evil.example/x'/><g style="fill:url(//e)" onload='x'>"""
    canvas = {
        "canvasSize": {"width": evil, "height": evil},
        "background": {"backgroundColor": evil, "imageUrl": evil},
        "stickers": [{"sticker": {"emoji": evil, "imageUrl": evil}, "position": {"x": evil}, "rotation": evil}],
        "drawings": [{"points": [{"x": evil}], "color": evil, "strokeWidth": evil}],
        "texts": [{"text": evil, "color": evil, "fontFamily": evil, "fontSize": evil}],
    }
    [picture] = drawn(json.dumps({"infiniteCanvas": canvas}).encode(), lambda _: evil)
    root = parseString(picture).documentElement  # noqa: S318 - a picture of ours
    assert root is not None
    elements = [root, *root.getElementsByTagName("*")]
    assert {element.tagName for element in elements} == {"svg", "rect", "polyline", "text"}
    assert not {name for element in elements for name in dict(element.attributes.items())} & {"style", "href", "onload"}


def test_each_page_of_a_flip_book_is_a_picture() -> None:
    document = {"originalProject": {"infiniteCanvas": None, "flipBook": {"pages": [CANVAS, CANVAS, "odd"]}}}
    assert len(drawn(json.dumps(document).encode())) == 2


@pytest.mark.parametrize("document", [b"{}", b"[]", b"7", b"null", b"not json", b'{"originalProject": []}'])
def test_any_other_document_is_not_drawn(document: bytes) -> None:
    assert drawn(document) == []


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(stickers=ODD, drawings=ODD, texts=ODD, size=ODD)
def test_whatever_a_document_holds_the_picture_is_well_formed(
    stickers: Any, drawings: Any, texts: Any, size: Any
) -> None:
    canvas = {"stickers": [stickers], "drawings": [drawings], "texts": [texts], "canvasSize": size}
    document = (
        json.dumps({"originalProject": {"infiniteCanvas": canvas}}, allow_nan=False, default=str)
        if all_finite(canvas)
        else "{}"
    )
    for picture in drawn(document.encode(errors="surrogatepass")):
        assert picture.startswith("<svg")
        assert picture.count("<svg") == 1


def all_finite(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
