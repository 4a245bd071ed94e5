"""Answers what is there: products, partners and months of a store, what its sources have in and due, and what names
mean.

Belongs here: lists of contents, search, coverage of a group, due days, the state that a monitor watches. Does not
belong here: a figure (`trade`).
"""
