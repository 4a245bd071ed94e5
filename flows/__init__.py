"""When and in what order: the flows that are deployed, and the commands of a person.

Belongs here: the order of steps, schedules' parameters, waiting for people, the terminal. Does not belong here: a rule about data,
nor, in a flow, the name of a column; the commands name those that they print.
"""
