"""Declares sources of one form of release each: the offices of Chile and New Zealand, UN Comtrade, and figures that
others printed.

Belongs here: one declaration for each such source, and what asks for its files. Does not belong here: what a second
source shares (`adapter`); an office with several forms of release gets a room of its own, as `gacc` has.
"""
