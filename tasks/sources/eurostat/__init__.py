"""Reads the trade of the European Union's members: answers of Eurostat's Comext API, and its archives of whole months.

Belongs here: codes, units, flags and secrecy of Comext, and dividing an archive of all members by reporter. Does not
belong here: which member is in which group (a row of `partner_groups.csv`).
"""
