"""Shows a flow as both sides count it: what the exporter says it sold, and what the importer says it bought.

`statements` reads both from the published tables; `verdicts` compares them month by month and names the reason of a
difference. Neither makes a third number of the two.

Belongs here: pairs of stores, hubs between them, the tables `mirror` and its verdicts. Does not belong here: tables of
one reporter (`reporter`), rows and notes for a reader (`answers.trade`).
"""
