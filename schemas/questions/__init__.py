"""The questions that people and programs ask: one class each, from which every way of asking is made.

Belongs here: the fields of a question with type, default, help, bounds and choices, and by name what answers it. The
functions of Python (`tidewaiter`), the options of the command line (`flows.cli`) and the tools of the Model Context
Protocol (`tasks.api.mcp`) are made from these classes and repeat none of it. Does not belong here: the answer
(`tasks.answers`, `tasks.pages`), and what a way of asking adds (a format, a file, a number of rows).
Start at: `question`. Add here: a question, or a field of one.
"""
