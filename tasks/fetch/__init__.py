"""Fetches new data from sources into the inbox, as a file and a sidecar, where the release flow finds it.

Belongs here: one module per source, with its addresses and its signal of news; and how any source is asked
(`transport`), judged (`judge`), remembered (`seen`) and dropped (`drop`). Does not belong here: the contents of an
answer (`tasks/sources`), and when a source is asked (`flows`, `deployments`). A fetched file and one dropped by hand
are the same thing. The modules respect the licences and robots rules of a source; a captcha, a login or a JavaScript
challenge is a gate: its answer is refused, and a person must go there.
"""
