"""Where a file is used: what decides whether it may be deleted for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.files.model import StoredFile, Usage
from wondernest.files.rules import story_in, words_for

if TYPE_CHECKING:
    from wondernest.files.ports import Mentions
    from wondernest.files.repository import FileRepository
    from wondernest.platform.db.pool import Executor

STORY_KEYS: Final = ("story_published_", "story_draft_")
"""The site's story builder stores a story under one of these and its id; both may exist (server contract §3.0)."""


class FileUsage:
    """Finds the documents that show a file."""

    def __init__(self, repository: FileRepository, mentions: Mentions) -> None:
        self._repository = repository
        self._mentions = mentions

    async def stories(self, executor: Executor, file: StoredFile) -> list[Usage]:
        """The stories and saves of the owner's children that show the file; a story that is draft and published is one."""
        words = words_for(file.id, file.key)
        found: dict[str, Usage] = {}
        for document, content in await self._mentions.current(executor, file.owner_id, words):
            usage = _usage(document.data_key, content, words)
            known = found.get(usage.id)
            if known is None or usage.page_count > known.page_count:
                found[usage.id] = usage
        return list(found.values())

    async def is_used(self, executor: Executor, file: StoredFile) -> bool:
        """Whether anything would lose the file: a reference, a document, a version that can be restored, or a published work."""
        words = words_for(file.id, file.key)
        return (
            await self._repository.is_referenced(executor, file.id, words)
            or bool(await self._mentions.current(executor, file.owner_id, words))
            or await self._mentions.kept(executor, file.owner_id, words)
        )


def story_id(data_key: str) -> str:
    """The id of a site's story, from the key of its save; any other key is its own id."""
    return next((data_key.removeprefix(prefix) for prefix in STORY_KEYS if data_key.startswith(prefix)), data_key)


def _usage(data_key: str, content: bytes, words: tuple[str, ...]) -> Usage:
    story = story_in(content)
    if story is None:
        return Usage(story_id(data_key), data_key, 0)
    return Usage(story_id(data_key), story.title or data_key, story.pages_with(word.encode() for word in words))
