"""Defines exceptions about what a person wrote: an address of a store, a code table. Importing them loads nothing
else.
"""


class UnusableAddress(Exception):
    """What was given is no address of a store. No ValueError, because those are shown with what was given, and that may
    be a secret."""


class BrokenTable(ValueError):
    """A code table that somebody edited and that cannot be used: which file, where, and what was expected there."""
