"""Declares sources of one form of release each: the offices of Chile and New Zealand, the interfaces of the Census
Bureau and of Eurostat, UN Comtrade, and figures that others printed.

Belongs here: one declaration for each such source, and what asks for its files. Does not belong here: what a second
source shares (`adapter`); which member is in which group (a row of `partner_groups.csv`); an office with several forms
of release gets a room of its own, as `gacc` has.
"""
