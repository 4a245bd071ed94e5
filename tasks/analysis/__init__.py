"""Makes published tables out of published tables: movers, expectation, first prints, mirror.

Belongs here: each table that is published after a release and beside it, what it is computed from, rules that a release
is compared with, when a growth may be quoted. Does not belong here: figures of the ledger (`metrics`), words for people
(`pages`).
Rooms: what several tables rest on (`ground`); above it tables of one `reporter`, of two (`mirror`), and `measures`; on
top what follows a release (`after`).
Start at: `ground.derived_table`. Add here: a table that others can compute again from published tables.
"""
