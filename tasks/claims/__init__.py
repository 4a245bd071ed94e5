"""Compares figures that others printed with the ledger.

Belongs here: reading a claim, finding the figure that it names, the verdict, its row of the table `claim`. Does not
belong here: its publication (`steps.claims`), pages and terminals (`reports`). Add here: a unit or a way of writing of
the press.
"""
