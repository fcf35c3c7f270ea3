"""PDFs and texts: active content is refused, metadata is removed."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL.JpegImagePlugin import JpegImageFile

from tests.fixtures.media import SECRET, Bench, drawing, encoded, jpeg_with_everything
from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.refusals import Reason, Refused

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEXT = SECRET.decode()


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def document(change: Callable[[Pdf], None] | None = None, **options: Any) -> bytes:
    """One page; its objects are compressed into object streams."""
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=(200, 200))
    pdf.pages[0].Contents = pdf.make_stream(b"0 0 m 10 10 l S")
    if change is not None:
        change(pdf)
    buffer = BytesIO()
    pdf.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True, **options)
    return buffer.getvalue()


def everything(content: bytes) -> bytes:
    """The file, all its objects as text, and all its streams, decompressed where that is possible."""
    found = [content]
    with Pdf.open(BytesIO(content)) as pdf:
        for item in pdf.objects:
            found.append(repr(item).encode() if not isinstance(item, Stream) else item.read_raw_bytes())
            if isinstance(item, Stream) and item.get("/Filter") == Name.FlateDecode:
                found.append(item.read_bytes())
            found.append(item.unparse(resolved=True) if not isinstance(item, Stream) else b"")
        found.append(pdf.trailer.unparse())
    return b"\n".join(found)


def annotation(pdf: Pdf, **entries: Any) -> None:
    made = pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **entries))
    pdf.pages[0].Annots = Array([made])


ACTIVE: dict[str, Callable[[Pdf], None]] = {
    "a script in the names": lambda pdf: setattr(
        pdf.Root, "Names", Dictionary(JavaScript=Dictionary(Names=Array([String("a"), pdf.make_indirect(script())])))
    ),
    "a script at the start": lambda pdf: setattr(pdf.Root, "OpenAction", script()),
    "a link at the start": lambda pdf: setattr(pdf.Root, "OpenAction", Dictionary(S=Name.URI, URI=String("http://x/"))),
    "a script behind a link": lambda pdf: annotation(pdf, Subtype=Name.Link, A=script()),
    "a script as the next action": lambda pdf: annotation(
        pdf, Subtype=Name.Link, A=Dictionary(S=Name.GoTo, Next=Array([Dictionary(S=Name.JavaScript)]))
    ),
    "a trigger of a page": lambda pdf: setattr(pdf.pages[0].obj, "AA", Dictionary(O=Dictionary(S=Name.Named))),
    "a program": lambda pdf: annotation(pdf, Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=String("calc.exe"))),
    "a form that sends": lambda pdf: annotation(
        pdf, Subtype=Name.Link, A=Dictionary(S=Name.SubmitForm, F=String("http://x/"))
    ),
    "a file": lambda pdf: pdf.attachments.__setitem__("a.exe", pikepdf.AttachedFileSpec(pdf, b"MZ")),
    "a note with a file": lambda pdf: annotation(pdf, Subtype=Name.FileAttachment),
    "another program's form": lambda pdf: setattr(pdf.Root, "AcroForm", Dictionary(Fields=Array([]), XFA=Array([]))),
    "a film": lambda pdf: annotation(pdf, Subtype=Name.RichMedia),
    "data in another file": lambda pdf: pdf.pages[0].Contents.__setitem__("/F", String("/etc/passwd")),
}


@pytest.mark.parametrize("name", ACTIVE)
async def test_a_pdf_with_active_content_is_refused(media: Bench, name: str) -> None:
    content = document(ACTIVE[name])
    result = await media.inspect(content, Kind.PDF)
    assert isinstance(result, Refused)
    assert (result.reason, result.message) == (Reason.ACTIVE_CONTENT, "File contains active content")


async def test_a_script_is_found_behind_an_object_stream() -> None:
    """What makes the tests above worth something: the script cannot be read in the file itself."""
    assert b"JavaScript" not in document(ACTIVE["a script in the names"])


def with_metadata(pdf: Pdf) -> None:
    pdf.docinfo["/Author"] = TEXT
    pdf.docinfo["/CreationDate"] = "D:20240506070809"
    pdf.Root.Metadata = Stream(pdf, b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>", Type=Name.Metadata, Subtype=Name.XML)
    pdf.Root.PieceInfo = Dictionary(App=Dictionary(Private=String(TEXT)))
    pdf.pages[0].Metadata = Stream(pdf, SECRET)
    pdf.pages[0].Thumb = Stream(pdf, SECRET)
    annotation(pdf, Subtype=Name.Text, T=String(TEXT), M=String("D:20240506070809"), Contents=String("well done"))


async def test_a_pdf_has_no_author_no_xmp_and_no_dates(media: Bench) -> None:
    original = document(with_metadata) + SECRET
    assert everything(original).count(SECRET) >= 6
    found = everything(await media.cleaned(original, Kind.PDF))
    assert SECRET not in found
    assert b"20240506" not in found
    assert b"well done" in found
    assert b"0 0 m 10 10 l S" in found


async def test_what_a_pdf_was_before_is_gone(media: Bench) -> None:
    """An incremental update leaves the old objects in the file."""
    old = document()
    start = old.rindex(b"startxref\n") + len(b"startxref\n")
    older = f"9 0 obj\n({TEXT})\nendobj\n".encode()
    content = old[: start - 10] + older + old[start - 10 :]
    assert SECRET in content
    assert SECRET not in everything(await media.cleaned(content, Kind.PDF))


@pytest.mark.parametrize("filters", [[], ["FlateDecode"], ["ASCII85Decode"], ["ASCIIHexDecode", "FlateDecode"]])
async def test_a_picture_in_a_pdf_has_no_metadata_and_the_same_pixels(media: Bench, filters: list[str]) -> None:
    picture = jpeg_with_everything(drawing())

    def add(pdf: Pdf) -> None:
        data = picture
        for name in reversed(filters):
            data = {
                "FlateDecode": zlib.compress,
                "ASCII85Decode": lambda data: base64.a85encode(data) + b"~>",
                "ASCIIHexDecode": lambda data: data.hex().encode() + b">",
            }[name](data)
        names = Array([Name(f"/{name}") for name in [*filters, "DCTDecode"]])
        stream = Stream(pdf, b"", Type=Name.XObject, Subtype=Name.Image, Width=64, Height=48, BitsPerComponent=8)
        stream.ColorSpace = Name.DeviceRGB
        stream.write(data, filter=names)
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(Im0=pdf.make_indirect(stream)))

    clean = await media.cleaned(document(add), Kind.PDF)
    assert SECRET not in everything(clean)
    with Pdf.open(BytesIO(clean)) as pdf:
        stored = pdf.pages[0].Resources.XObject.Im0.read_raw_bytes()
    assert b"Exif" not in stored
    assert JpegImageFile(BytesIO(stored)).tobytes() == JpegImageFile(BytesIO(picture)).tobytes()


async def test_a_pdf_with_links_is_accepted(media: Bench) -> None:
    content = document(
        lambda pdf: annotation(pdf, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://example.org/")))
    )
    assert b"example.org" in everything(await media.cleaned(content, Kind.PDF))


async def test_a_pdf_that_needs_a_password_or_is_broken_is_refused(media: Bench) -> None:
    locked = document(encryption=pikepdf.Encryption(user="secret", owner="secret"))
    for content in (locked, b"%PDF-1.7\n" + SECRET, document()[:200]):
        result = await media.inspect(content, Kind.PDF)
        assert isinstance(result, Refused)
        assert result.reason is Reason.WRONG_CONTENT


async def test_a_pdf_that_only_its_owner_may_change_is_accepted(media: Bench) -> None:
    clean = await media.cleaned(document(encryption=pikepdf.Encryption(user="", owner="secret")), Kind.PDF)
    with Pdf.open(BytesIO(clean)) as pdf:
        assert not pdf.is_encrypted


@pytest.mark.parametrize("text", ["Es war einmal 🐻", "\ufeffwith a mark", "<3", "a\tb\r\nc" * 1000])
async def test_a_text_is_kept_as_it_is(media: Bench, text: str) -> None:
    assert await media.cleaned(text.encode(), Kind.TEXT) == text.encode()


@pytest.mark.parametrize(
    "content",
    [
        b" " * 5000 + b"<script>alert(1)</script>",
        b"a" * 5000 + b"\0",
        b"a" * 5000 + b"\xe4",
        b"a" * 5000 + "ü".encode()[:1],
        encoded(drawing(), "PNG"),
    ],
)
async def test_what_is_no_text_is_refused(media: Bench, content: bytes) -> None:
    assert isinstance(await media.inspect(content, Kind.TEXT), Refused)
