"""The label of a box: one page of plain text for the technician, with the panel's password."""

from edge import __version__
from edge.provision.site import Site
from edge.record.jwk import fingerprint

PAGE = """\
ANPR BOX {box}

Password of the panel:   {password}
Fingerprint of its key:  {fingerprint}
Zones:                   {zones}
Camera:                  {camera}
Software:                anpr-edge {software}

Print this, put it into the envelope of this box, and delete the file. The password stands
nowhere else; whoever lost it makes another on the box: anpr-edge provision --new-password
"""


def text(site: Site, password: str) -> str:
    """Return the page."""
    config = site.config
    return PAGE.format(
        box=site.box,
        password=password,
        fingerprint=fingerprint(site.place.load().key_id),
        zones=", ".join(zone.id for zone in config.zones),
        camera=config.camera.id if config.external is None else config.external.product,
        software=__version__,
    )
