"""Writes pages, briefs and charts, in English and Chinese, every number with its source.

Belongs here: sentences, templates, words of both languages, charts, the site, pages of a release in Prefect's UI.
Floors from low to high: what every page is written with (`text`), `charts`, the page of a product and month (`brief`),
those of a series, a release and a measure (`series`, `release`, `measures`), the `site`. Does not belong here: finding
or computing a number (`answers`, `analysis`).
Start at: `text.page_templates`. Add here: a template and the module that fills it.
"""
