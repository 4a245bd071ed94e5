"""Fetches new data from sources into the inbox, as a file and a sidecar, where the release flow finds it.

Belongs here: how any source is asked (`transport`), how its answer is judged (`judge`), what a first fetch asks and how
large it is. Does not belong here: what a source is asked for and the contents of an answer (`tasks/sources`), where a
fetched file lies and what is remembered of it (`tasks/inbox`), when it is asked (`flows`, `deployments`). A fetched
file and one dropped by hand are the same thing. Licences and robots rules of a source are respected; a captcha, a login
or a JavaScript challenge is a gate: its answer is refused, and a person must go there.
"""
