"""Declares the sources of which no whole real file has been read: their first release waits for approval.

Belongs here: such declarations, with the modules that they name. Does not belong here: what another room imports; the
registry finds a declaration by its name, and nothing else knows of it.
"""
