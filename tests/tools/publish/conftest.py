from tests.tools.publish.workshop import box, finished, workshop

__all__ = ["box", "finished", "workshop"]
