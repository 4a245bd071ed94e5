"""Writes the site: its front page, pages of products and partners, feeds, and which of them a release renews.

Belongs here: which pages there are, where they lie, and how a new state replaces the old one. Does not belong here: the
page of a series (`series`) and of a product and month (`brief`), which the site puts into their place.
"""
