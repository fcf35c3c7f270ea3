"""Request and reply bodies of the story routes (games contract §5)."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Raw, Struct

from wondernest.platform.json import AnyJson
from wondernest.stories.reading import SELF_PACED

_OURS: Final = re.compile(rb'(Url" ?: ?")(?=/files/)')
"""Before the address of a file of this service that is stored without a host. Inside a text its quotes would be escaped."""


def addressed(content: Raw, base: str) -> Raw:
    """The content of a template; `base` is put before addresses (`…Url`) of this service."""
    stored = bytes(content)
    return Raw(_OURS.sub(lambda found: found[1] + base.encode(), stored)) if b'"/files/' in stored else content


class Template(Struct, kw_only=True, rename="camel"):
    """A template with its content; read time in minutes."""

    id: str
    title: str
    description: str
    creator_id: str | None
    age_group: str
    difficulty: str
    content: AnyJson
    vocabulary_words: list[str]
    page_count: int
    estimated_read_time: int
    language: str
    version: str
    is_premium: bool
    is_marketplace: bool
    is_active: bool
    is_private: bool
    educational_goals: list[str]
    themes: list[str]
    tags: list[str]
    created_at: str
    updated_at: str


class TemplateList(Struct, kw_only=True, rename="camel"):
    """One page of the templates that fit, and the number of all that fit."""

    templates: list[Template]
    total_count: int
    has_more: bool


class TemplateResult(Struct, kw_only=True):
    """The answer to a change of a template."""

    success: bool
    message: str
    data: Template | None


class Refusal(Struct, kw_only=True):
    """What was asked is not possible; `data` is null."""

    success: bool
    message: str
    data: None


class TemplateChange(Struct, kw_only=True, rename="camel"):
    """A template as its author changes it; all fields are required."""

    title: str
    description: str
    age_group: str
    difficulty: str
    content: AnyJson
    vocabulary_words: list[str]
    page_count: int
    estimated_read_time: int
    language: str
    version: str
    is_premium: bool
    is_marketplace: bool
    is_active: bool
    is_private: bool
    educational_goals: list[str]
    themes: list[str]
    tags: list[str]


class TemplateForm(Struct, kw_only=True, rename="camel"):
    """A new template; `creatorId` must be sent, but the author is always the caller."""

    title: str
    description: str
    creator_id: str | None
    age_group: str
    difficulty: str
    content: AnyJson
    vocabulary_words: list[str]
    page_count: int
    estimated_read_time: int
    language: str = "en"
    version: str = "1.0.0"
    is_premium: bool = False
    is_marketplace: bool = False
    is_active: bool = True
    is_private: bool = False
    educational_goals: list[str] = []
    themes: list[str] = []
    tags: list[str] = []


class WordNumbers(Struct, kw_only=True, rename="camel"):
    """How many words a child met, and mastered."""

    total_words: int
    mastered_words: int


class ReadingNumbers(Struct, kw_only=True, rename="camel"):
    """How many stories a child has read to the end, and for how long, in seconds."""

    completed_stories: int
    total_reading_time: int


class ChildData(Struct, kw_only=True, rename="camel"):
    """All of a child in short."""

    child_id: str
    preferences: Raw
    vocabulary_stats: WordNumbers
    reading_stats: ReadingNumbers
    active_story_count: int
    last_activity: str | None


class Begun(Struct, kw_only=True, rename="camel"):
    """What an initialised child has."""

    child_id: str
    game_type: str
    initialized_at: str


class Initialized(Struct, kw_only=True):
    """The answer to an initialisation."""

    success: bool
    message: str
    data: Begun


class Preferred(Struct, kw_only=True):
    """The answer to a change of preferences: as they were sent."""

    success: bool
    message: str
    data: Raw


class Instance(Struct, kw_only=True, rename="camel"):
    """A child's reading of a story; times in seconds."""

    id: str
    child_id: str
    template_id: str
    template_title: str
    status: str
    current_page: int
    total_pages: int
    customizations: AnyJson
    reading_mode: str
    audio_enabled: bool
    progress_data: AnyJson
    vocabulary_interactions: AnyJson
    comprehension_answers: AnyJson
    started_at: str
    last_accessed_at: str
    completed_at: str | None
    total_reading_time: int
    reading_speed_wpm: int
    comprehension_score: int
    vocabulary_score: int


class InstanceList(Struct, kw_only=True):
    """A child's instances, the last read first."""

    instances: list[Instance]


class InstanceResult(Struct, kw_only=True):
    """The answer to a change of an instance."""

    success: bool
    message: str
    data: Instance | None


class StartForm(Struct, kw_only=True, rename="camel"):
    """A child begins a story."""

    template_id: str
    customizations: AnyJson
    reading_mode: str = SELF_PACED
    audio_enabled: bool = True


class ProgressForm(Struct, kw_only=True, rename="camel"):
    """What a device reports; times in seconds."""

    current_page: int
    customizations: AnyJson
    progress_data: AnyJson
    vocabulary_interactions: AnyJson
    comprehension_answers: AnyJson
    total_reading_time: int
    reading_speed_wpm: int | None = None
    comprehension_score: int | None = None
    vocabulary_score: int | None = None
    last_accessed_at: str | None = None
    """When the child was on that page; a report that was delayed does not turn the page back. Not in the original."""


class CompletionForm(Struct, kw_only=True, rename="camel"):
    """A child has read a story to its end."""

    total_reading_time: int
    reading_speed_wpm: int | None = None
    comprehension_score: int | None = None
    vocabulary_score: int | None = None
    rating: int | None = None
    feedback: str | None = None


class EncounterForm(Struct, kw_only=True, rename="camel"):
    """A child met a word; `templateId` must be sent, but may be null."""

    word: str
    template_id: str | None
    interaction_type: str = "encountered"


class Word(Struct, kw_only=True, rename="camel"):
    """A word and how well a child knows it: 0 to 100."""

    child_id: str
    word: str
    encounters: int
    correct_uses: int
    incorrect_uses: int
    mastery_level: int
    last_seen_in: str | None
    definition_viewed_count: int
    pronunciation_played_count: int
    first_encountered: str
    last_encountered: str
    mastered_at: str | None


class WordResult(Struct, kw_only=True):
    """The answer to an encounter with a word."""

    success: bool
    message: str
    data: Word | None


class Vocabulary(Struct, kw_only=True):
    """A child's words, the last met first."""

    vocabulary: list[Word]


class Practice(Struct, kw_only=True):
    """Words that need practice, the least known first."""

    words: list[Word]


class WordLevel(Struct, kw_only=True, rename="camel"):
    """A word in a summary."""

    word: str
    mastery_level: int
    last_encountered: str


class VocabularyNumbers(Struct, kw_only=True, rename="camel"):
    """A child's vocabulary in numbers, and the last words."""

    total_words: int
    mastered_words: int
    learning_words: int
    difficult_words: int
    average_mastery: float
    total_encounters: int
    recent_words: list[WordLevel]


class VocabularyProgress(Struct, kw_only=True, rename="camel"):
    """The vocabulary in a report."""

    total_words: int
    mastered_words: int
    learning_words: int
    difficult_words: int
    average_mastery: float
    recently_mastered: list[WordLevel]


class ReadingProgress(Struct, kw_only=True, rename="camel"):
    """Stories in a report; time in seconds."""

    stories_completed: int
    stories_in_progress: int
    total_reading_time: int
    average_comprehension: float
    average_reading_speed: float
    reading_level_progression: list[str]


class Engagement(Struct, kw_only=True, rename="camel"):
    """How much a child reads."""

    total_sessions: int
    last_active: str
    engagement_score: int


class Report(Struct, kw_only=True, rename="camel"):
    """A child's progress report."""

    child_id: str
    generated_at: str
    vocabulary_progress: VocabularyProgress
    reading_progress: ReadingProgress
    engagement_metrics: Engagement
    achievement_recommendations: list[str]
    parent_recommendations: list[str]
