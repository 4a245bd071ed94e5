"""Answers a question with rows, notes and a citation, and formats them as tables and files.

Belongs here: one function for each question, which returns an `Answer`; tables of a terminal, CSV and workbooks,
numbers rounded for people. Rooms: the `form` of an answer; above it questions about figures (`trade`), about what there
is (`inventory`) and about measures (`measures`); on top forms of other `programs`.
Does not belong here: which rows a name means (`reading`), sentences and charts (`pages`), the form in which a program
asks (`api`).
Start at: `form.answer`. Add here: the answer to a question that has rows, a format of a file.
"""
