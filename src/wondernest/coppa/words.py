"""Everything that people read of consent, in each language: pages, letters and text messages. Not the notices: those are documents."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from wondernest.access.consent import Purpose
from wondernest.platform.languages import wording
from wondernest.platform.mail import Wording


class Permissions(Struct, frozen=True):
    """What each of the app's permissions permits; `recordings` is a part of `audio_monitoring` that not every such consent permits."""

    data_collection: str
    educational_data: str
    analytics: str
    audio_monitoring: str
    recordings: str
    third_parties: str
    marketing: str

    def of(self, name: str, recipients: Collection[str] = ()) -> str | None:
        """The text of a permission of the app, or of RECORDINGS; None for a name that permits nothing.

        `recipients`: the third parties, where they are named one by one.
        """
        return {
            "dataCollection": self.data_collection,
            "educationalData": self.educational_data,
            "analytics": self.analytics,
            "audioMonitoring": self.audio_monitoring,
            Purpose.RECORDINGS.value: self.recordings,
            "thirdPartySharing": f"{self.third_parties}: {', '.join(sorted(recipients))}"
            if recipients
            else self.third_parties,
            "marketing": self.marketing,
        }.get(name)


class PageWords(Struct, frozen=True):
    """The pages. `{day}`, `{until}` and `{version}` are replaced."""

    nobody: str
    """In place of the third parties, where there is none."""
    ask_title: str
    ask_intro: str
    ask_list: str
    ask_nothing: str
    ask_who: str
    ask_button: str
    ask_ignore: str
    verify_button: str
    notice_heading: str
    notice_version: str
    notice_data: str
    """Leads to the page of what is held."""
    verify_title: str
    verify_text: str
    verify_link: str
    done_title: str
    done_text: str
    already_title: str
    already_text: str
    undo_title: str
    undo_intro: str
    undo_button: str
    undone_title: str
    undone_text: str
    gone_title: str
    gone_text: str


class LetterWords(Struct, frozen=True):
    """A letter, and the text message that takes its place. `{link}`, `{until}`, `{day}` and `{notice}` are replaced."""

    subject: str
    text: str
    short: str


class Words(Struct, frozen=True):
    """One language."""

    permissions: Permissions
    page: PageWords
    ask: LetterWords
    renewal: LetterWords
    renotice: LetterWords
    second: LetterWords
    end: Wording
    """About what is erased because it is not permitted any more; `{list}` is replaced: days, with `held` for each purpose."""
    held: dict[str, str]
    """What is held for a purpose."""
    grace: Wording
    """About days of grace; `{until}` is replaced."""
    of_age: Wording


def words(language: str) -> Words:
    """The words of a language, or of the default one."""
    return wording("wondernest.coppa", language, Words)
