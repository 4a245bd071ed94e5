"""Checks whether a file is what it is declared to be: its direction, months, unit, prints and age, and its own damage.

Belongs here: a wrong flow or month, a figure of several months that is not the sum of its months, a copy of another
release, an older print than the published one, growth and figures printed elsewhere, bad records in number, a measure
that has lapsed. Does not belong here: whether trade itself is plausible or complete (`trade`). Add here: a check of a
declaration.
"""
