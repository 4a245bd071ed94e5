"""Declares the answers of Eurostat's Comext API, the trade of the European Union's members.

Belongs here: codes, units, flags and secrecy of Comext. Does not
belong here: which member is in which group (a row of `partner_groups.csv`).
"""
