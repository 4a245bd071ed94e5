"""Checks whether a file is what it is declared to be: its direction, months, unit, prints and age, and its own damage.

Belongs here: a wrong flow or month, a copy of another release, an older print than the published one, figures printed
elsewhere, bad records in number, a measure that has lapsed. Does not belong here: whether trade itself is plausible or
complete (`trade`). Add here: a check of a declaration.
"""
