"""Reads bytes as rows of texts, for any source: delimited text, workbooks, fixed width, JSON and web pages.

Belongs here: whether bytes are whole and are what their name says, one encoding for a file, splitting into rows and
cells, exactly as they stand. It names no source, no column and no code. Does not belong here: the meaning of a column
or of a value (`adapter` and the sources themselves). Add a format: a module that gives rows of texts and refuses what
it cannot read whole.
"""
