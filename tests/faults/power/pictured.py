"""The box of `tests.faults.power.box`, with pictures of whom it holds; run in the same way.

Pictures lie in the state folder itself: the simulated disk knows one folder.
"""

import sys
from pathlib import Path

from edge import storefile
from edge.daemon.exhibits import are_whole, part_with
from edge.record.envelope import decode_part, split
from edge.record.message import ResolutionRecord, decode
from tests.faults.power.audit import Auditor
from tests.faults.power.box import Box
from tests.faults.power.recording import Word
from tests.pictured import PicturedSite
from tests.site import Site


class CutSite(PicturedSite):
    """Small pictures, in the one folder of the simulated disk."""

    kept_in, size = ".", (24, 32)


class PicturedBox(Box):
    """A box that keeps pictures."""

    kind = CutSite


class PicturedAuditor(Auditor):
    """Says besides whose pictures are not where they must be."""

    kind = CutSite

    def more(self, site: Site, word: Word) -> list[str]:
        part_with(site.casebook, site.room)  # as the daemon does first
        held = site.casebook.held()
        sealed = {ref.sha256 for candidate in held for ref in candidate.evidence}
        released = _released(site, word)
        right = {
            "a candidate lacks a picture": all(
                len(one.evidence) == 2 and are_whole(one, site.casebook, site.room) for one in held
            ),
            "a picture of nobody": site.room.held() == sealed,
            "a released picture is lost": all(map(site.room.read, released)),
            "handed over unreleased": set(site.room.released()) == released,
            "a key is left": site.casebook.released() == {},
        }
        return [what for what, holds in right.items() if not holds]


def _released(site: Site, word: Word) -> set[str]:
    records = word.records | {envelope.seq: envelope for envelope in site.chain()}
    data = [decode(decode_part(split(envelope.jws)[1])).data for envelope in records.values()]
    ended = (d for d in data if isinstance(d, ResolutionRecord) and d.state == "released")
    return {ref.sha256 for record in ended for ref in record.evidence}


if __name__ == "__main__":
    folder, steps, synchronous, storefile.UNEVEN_CUTS = sys.argv[1:]
    PicturedBox(Path(folder), synchronous).live(int(steps))
