"""Shows a flow as both sides count it: what the exporter says it sold, and what the importer says it bought.

`statements` reads both from the published tables; `verdicts` compares them month by month and names the reason of a
difference. Neither makes a third number of the two.
"""
