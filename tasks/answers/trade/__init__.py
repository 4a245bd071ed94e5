"""Answers questions about figures: read, movers, partner, trace, vintages, revisions, mirror, and claims about them.

Belongs here: one function for each question, which returns an `Answer` with rows of published tables. Does not belong
here: what a measure of export control did (`measures`), what lies in a store (`inventory`).
"""
