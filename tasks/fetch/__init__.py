"""Fetching: asks a source what is new and drops it into the inbox, file and sidecar, where the release flow finds it.

Belongs here: one module a source, which knows its addresses and its signal of news; and how any source is asked (`transport`), judged
(`judge`), remembered (`seen`) and dropped (`drop`). Does not belong here: what an answer says (`tasks/sources`), and when a source
is asked (`flows`, `deployments`). A fetched and a dropped file are the same thing. Licences and robots of a source are
respected, and a captcha, a login or a JavaScript challenge is a gate: its answer is refused and a person must go.
"""
