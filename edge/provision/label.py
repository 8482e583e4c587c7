"""The label of a box: one page of plain text for the technician, with the panel's password."""

from edge import __version__
from edge.provision.site import Site
from edge.record.client import load_certificate
from edge.record.jwk import fingerprint
from edge.record.pagecert import print_of

PAGE = """\
ANPR BOX {box}

Password of the panel:   {password}
Address of the panel:    {page}
Fingerprint of its key:  {fingerprint}
Zones:                   {zones}
Camera:                  {camera}
Software:                anpr-edge {software}

Print this, put it into the envelope of this box, and delete the file. The password stands
nowhere else; whoever lost it makes another on the box, and the panel starts again with it:
anpr-edge provision --new-password --exchange FOLDER
"""


def text(site: Site, password: str) -> str:
    """Return the page."""
    config = site.config
    return PAGE.format(
        box=site.box,
        password=password,
        page=_page(site),
        fingerprint=fingerprint(site.place.load().key_id),
        zones=", ".join(zone.id for zone in config.zones),
        camera=config.camera.id if config.external is None else config.external.product,
        software=__version__,
    )


def _page(site: Site) -> str:
    """Return where the panel is, and what its certificate shows in a browser."""
    panel = site.config.panel
    if panel is None:
        return "it has none"
    shown = print_of(load_certificate(panel.cert))
    half = len(shown) // 2
    halves = f"{shown[:half]}\n{' ' * 25}{shown[half + 1 :]}"
    return f"https://{panel.listen}\nShows as (SHA-256):      {halves}"
