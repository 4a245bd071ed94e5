"""Answers a question with rows, notes and a citation, and formats them as tables and files.

Belongs here: one function for each question, tables of a terminal, CSV and workbooks, numbers rounded for people.
Does not belong here: which rows a name means (`reading`), sentences and charts (`pages`), the form in which a program
asks (`api`).
Start at: `questions`. Add here: a question that has rows for an answer, a format of a file.
"""
