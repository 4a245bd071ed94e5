"""Export-control measures as the reference data state them: their products and partners, lists, and state on a day.

Belongs here: which measures concern a product, how much of a code they cover, lists of controlled goods, suspension and
succession. Does not belong here: trade before and after a measure (`controls`, `analysis.measures`).
"""
