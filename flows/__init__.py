"""Defines the flows that are deployed and the commands: when steps run, and in what order.

Belongs here: the order of steps, parameters of schedules, pauses for a decision, the terminal. Does not belong here: a
rule about data, nor, in a flow, the name of a column; the commands name those that they print.
"""

from pkgutil import extend_path

# A folder of the same name without `__init__.py`, in a project beside this one, keeps its modules.
__path__ = extend_path(__path__, __name__)
