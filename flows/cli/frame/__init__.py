"""What every command is made with: options and commands from a question, lines on the terminal, exit codes, signals.

Belongs here: the classes of Typer that ours are of, options that several commands have, refusals as one line, a port on
this machine. It names no question and no flow. Does not belong here: what one command prints.
"""
