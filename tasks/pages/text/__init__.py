"""What every page is written with: templates and their words in both languages, sentences, the sheet, style and
scripts.

Belongs here: filling a template of `templates/`, numbers and names as words of a language (`wording`), sentences of
facts (`sentences`), the form that several pages share (`sheet`), files beside them (`assets`), a trace as text. Does
not belong here: what one page says, or which rows are its facts.
"""
