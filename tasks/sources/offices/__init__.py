"""Reads sources of one form of release each: the offices of Chile, India and New Zealand, UN Comtrade, and figures
that others printed.

Belongs here: one declaration or module for each such source. Does not belong here: what a second module shares
(`adapter`); an office with several forms of release gets a room of its own, as `gacc` or `hmrc` have. Add a source
here.
"""
