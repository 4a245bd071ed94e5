"""Lets programs ask: the functions of the package `tidewaiter` for Python, and the tools of the Model Context Protocol.

Belongs here: how a question of `schemas.questions` becomes a function or a tool, and an answer what the caller can use.
Does not belong here: an answer itself (`answers`), the command line (`flows.cli`).
Add here: a face for another kind of program.
"""
