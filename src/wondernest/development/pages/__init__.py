"""The pages of a developer's machine: where to begin, and the mails that nobody sent."""
