"""The pages of a developer's machine: the start page and the outbox."""
