"""Compares figures that others printed with the ledger.

Belongs here: reading a claim, finding the figure that it names, what printed digits leave open, the verdict, its row of
the table `claim`. Does not belong here: its publication (`publication.claims`), pages and terminals (`pages`,
`answers`). Add here: a unit or a way of writing of the press.
"""
