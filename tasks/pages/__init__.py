"""Writes pages, briefs and charts, in English and Chinese, every number with its source.

Belongs here: sentences, templates, words of both languages, charts, the site, pages of a release in Prefect's UI.
Does not belong here: finding or computing a number (`answers`, `analysis`).
Start at: `page_templates`. Add here: a template and the module that fills it.
"""
