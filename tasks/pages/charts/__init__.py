"""Draws series: small charts inside a page, and pictures and their rows for a question.

Belongs here: marks, axes, colours and words of a drawing, as SVG, PNG or a specification of Vega-Lite, also what a
chart draws of the facts of a brief. Does not belong here: which numbers are drawn (`answers`), the interactive page of
a series (`series`).
"""
