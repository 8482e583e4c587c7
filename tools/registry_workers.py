"""Work shared among processes, its results in order, never more than a few of them waiting."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from typing import TypeVar

from rich.progress import Progress, TaskID

Job = TypeVar("Job")
Result = TypeVar("Result")
LOOK_S = 0.5
_read: "Synchronized[int] | None" = None


def count_read(read: int) -> None:
    """Tell the parent process that so many more bytes were read."""
    if _read is not None:
        with _read.get_lock():
            _read.value += read


def _share(read: "Synchronized[int]") -> None:
    global _read
    _read = read


class Workers:
    """Runs functions on jobs: here where there is one worker, else in processes of their own."""

    def __init__(
        self, pool: ProcessPoolExecutor | None, ahead: int, progress: Progress | None
    ) -> None:
        self.pool, self.ahead, self.progress = pool, ahead, progress

    def map(self, work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield results in the order of the jobs; the first error ends it."""
        if self.pool is None:
            for job in jobs:
                yield work(job)
                self.show()
            return
        waiting: deque[Future[Result]] = deque()
        for job in jobs:
            waiting.append(self.pool.submit(work, job))
            if len(waiting) > self.ahead:
                yield self.result(waiting.popleft())
        while waiting:
            yield self.result(waiting.popleft())

    def result(self, future: Future[Result]) -> Result:
        """Wait for a result, and show meanwhile how far the files are read."""
        while not wait([future], LOOK_S).done:
            self.show()
        self.show()
        return future.result()

    def show(self) -> None:
        """Bring the bar of bytes up to what the workers told."""
        if _read is not None and self.progress is not None:
            self.progress.update(TaskID(0), completed=_read.value)


@contextmanager
def workers(count: int, progress: Progress | None = None) -> Iterator[Workers]:
    """Give so many workers; the first bar of `progress` shows the bytes that they read."""
    # Not forked: a thread of the progress bar may hold a lock.
    context = multiprocessing.get_context("spawn")
    read = context.Value("Q", 0)
    _share(read)
    if count == 1:
        yield Workers(None, 0, progress)
        return
    with ProcessPoolExecutor(count, context, _share, (read,)) as pool:
        try:
            yield Workers(pool, count + 2, progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def available() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
