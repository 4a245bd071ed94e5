"""Defines the commands that read a store: tables, pages, files for other programs, the site, and the tools of MCP.

Belongs here: the format, file and number of rows that a command adds to its question, and printing the answer. Does not
belong here: the answer (`tasks.answers`), a command that changes the store (`releases`). Add a command here.
"""
