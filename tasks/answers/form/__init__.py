"""The form of every answer: rows with their notes, citation and doubts, as a table of a terminal, a file or a workbook.

Belongs here: `Answer`, numbers rounded for people, columns and widths of tables, formats of files and their notes on
columns, one question put to each store of a root. It answers no question. Does not belong here: which rows a question
gets. Add here: a format of a file.
"""
