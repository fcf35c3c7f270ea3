"""PDF: documents that could run, send or carry something are refused; the others are written anew without metadata.

Loaded for PDFs only. The new file holds the objects that the document reaches: earlier versions of it, and bytes around it, are left out.
"""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from wondernest.platform.media.messages import Outcome, Task
from wondernest.platform.media.refusals import Reason
from wondernest.platform.media.worker.faults import Refusal, require
from wondernest.platform.media.worker.files import read_all, write_all
from wondernest.platform.media.worker.streams import clean_stream

_ACTIVE_KEYS: Final = frozenset(
    {
        "/JS",
        "/JavaScript",
        "/AA",
        "/EF",
        "/EmbeddedFiles",
        "/AF",
        "/XFA",
        "/RichMedia",
        "/RichMediaContent",
        "/Collection",
    }
)
"""Keys whose mere presence means scripts, triggers, embedded files or another program's forms (ISO 32000-2)."""
_ACTIVE_ACTIONS: Final = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound"}
    | {"/RichMediaExecute", "/GoTo3DView"}
)
_ACTIVE_ANNOTATIONS: Final = frozenset({"/FileAttachment", "/RichMedia", "/3D", "/Movie", "/Sound", "/Screen"})
_HARMLESS_START: Final = frozenset({"/GoTo"})
_METADATA_KEYS: Final[tuple[str, ...]] = ("/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/SpiderInfo")
_MARKUP_KEYS: Final = ("/T", "/M", "/CreationDate", "/NM")
"""Who wrote a note, and when."""


def clean(given: IO[bytes], written: IO[bytes], _: Task) -> Outcome:
    """Write the document anew. Looks at every object, those in object streams and unreachable ones included."""
    content = read_all(given)
    with _opened(content) as document:
        require(len(document.pages))
        root = document.Root
        if "/OpenAction" in root:
            _check_start(root.OpenAction)
        for item in document.objects:
            _check(item)
        for item in document.objects:
            _strip(item)
        for entry in ("/Info", "/ID"):
            if entry in document.trailer:
                del document.trailer[entry]
        buffer = BytesIO()
        document.save(
            buffer, encryption=False, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate
        )
    write_all(written, buffer.getbuffer())
    return Outcome()


def _opened(content: bytearray) -> Pdf:
    try:
        return Pdf.open(BytesIO(content), suppress_warnings=True, inherit_page_attributes=False)
    except pikepdf.PdfError:  # a document that needs a password among them
        raise Refusal from None


def _check_start(action: Object) -> None:
    """What happens when the document is opened may only be showing a place in it."""
    if isinstance(action, Dictionary) and str(action.get("/S", "")) not in _HARMLESS_START:
        raise Refusal(Reason.ACTIVE_CONTENT)


def _inner(item: Object) -> list[Object]:
    """The direct values in a dictionary, a stream's dictionary or an array; numbers and truth values are no objects."""
    values: list[Any] = []
    if isinstance(item, (Dictionary, Stream)):
        values = [value for _, value in item.items()]
    elif isinstance(item, Array):
        values = list(item)
    return [value for value in values if isinstance(value, Object) and not value.is_indirect]


def _check(item: Object) -> None:
    waiting: list[Object] = [item]
    while waiting:
        current = waiting.pop()
        if isinstance(current, (Dictionary, Stream)):
            _check_dictionary(current)
        waiting += _inner(current)


def _check_dictionary(item: Any) -> None:
    keys = {str(key) for key in item}
    active = (
        keys & _ACTIVE_KEYS
        or str(item.get("/S", "")) in _ACTIVE_ACTIONS
        or str(item.get("/Subtype", "")) in _ACTIVE_ANNOTATIONS
        or str(item.get("/Type", "")) == "/EmbeddedFile"
        or (isinstance(item, Stream) and "/F" in keys)  # its data is in another file
    )
    if active:
        raise Refusal(Reason.ACTIVE_CONTENT)


def _strip(item: Object) -> None:
    waiting: list[Object] = [item]
    while waiting:
        current = waiting.pop()
        if isinstance(current, (Dictionary, Stream)):
            _strip_dictionary(current)
        if isinstance(current, Stream):
            clean_stream(current)
        waiting += _inner(current)


def _strip_dictionary(item: Any) -> None:
    doomed: list[str] = list(_METADATA_KEYS)
    if "/Subtype" in item and "/Rect" in item and item.Subtype != Name.Widget:
        doomed += _MARKUP_KEYS
    for key in doomed:
        if key in item:
            del item[key]
