"""Writes the site that a flow asks for, and says what is published.

The modules that write pages are imported when a site is written, because every release loads the catalogue of steps.
"""

from datetime import date

from schemas.forms.form import StoreAddress
from schemas.forms.site import SiteReport, SiteRequest, SiteStates
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import stores_of


def published_states(root: StoreAddress) -> SiteStates:
    """Return what is published, by reporter."""
    states = [(reporter, open_snapshot(at_hand(address))) for reporter, address in stores_of(root).items()]
    return SiteStates(snapshots={reporter: snapshot.id for reporter, snapshot in states if snapshot is not None})


def publish_requested(request: SiteRequest, day: date) -> SiteReport:
    """Put a site in its place at once; return how many pages it has. Raises what `site.publish` raises."""
    from tasks.pages.site.site import SitePlan, publish

    plan = SitePlan(request.output, day, request.address, request.moved, desk=request.desk, on_demand=request.on_demand)
    return SiteReport(output=request.output, pages=len(publish(request.store, plan)))
