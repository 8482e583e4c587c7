"""Score the models on labelled pictures and clips: single frames, and whole vehicles in replay.

Aggregates alone come out of it: plates of real footage appear nowhere.
"""

from tools.score_reads.figures import frame_counts
from tools.score_reads.looking import Eyes, score_frames
from tools.score_reads.vehicles import score_vehicles

__all__ = ["Eyes", "frame_counts", "score_frames", "score_vehicles"]
