"""What several analyses rest on: publishing a table beside stores, price and volume of a change, whether a growth may
be quoted.

Belongs here: which months are made again and when, a change split into price and volume, the limits of quoting. Does
not belong here: the rows of one table.
"""
