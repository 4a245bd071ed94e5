"""What follows a release: tables brought up to date, first prints compared with later ones, rules watched, all audited.

Belongs here: which tables a release concerns and in what order they are made, the table `first_print`, thresholds of
`watch_rules.toml`, the audit of tables beside a store. Does not belong here: rows of the other tables (`reporter`,
`mirror`), messages (`flows`).
"""
