"""When and in what order: the flows that are deployed, and the commands of a person.

Belongs here: the order of steps, schedules' parameters, waiting for people, the terminal. Does not belong here: a column,
a Polars expression, a rule about data.
"""

# Before Polars is loaded: how its memory is given back is set up there.
import tasks as tasks
