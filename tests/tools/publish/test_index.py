"""The index under any order of releases, shares and withdrawals."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.errors import UpdateError
from edge.update.releases import File, Release, Releases, read_releases
from tools.publish import index as indexes
from tools.publish.family import encode

NOW = datetime(2026, 11, 25, tzinfo=UTC)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 100) | st.just(100), st.integers(2, 4)),
        st.tuples(st.just("share"), st.integers(1, 12), st.integers(0, 100)),
        st.tuples(st.just("withdraw"), st.integers(1, 12), st.just(0)),
    ),
    max_size=30,
)


def release(number: int, share: int) -> Release:
    file = File("registry.sqlite", f"registry/{number:06}.registry.sqlite", 1, "0" * 64)
    return Release(number, f"day-{number}", share, "0" * 64, (file,), NOW)


@given(steps)
def test_numbers_rise_and_every_box_keeps_a_release(steps: list[tuple[str, int, int]]) -> None:
    index, used = Releases("registry", ()), set[int]()
    for what, first, second in steps:
        had = any(one.share == 100 for one in index.releases)
        if what == "add":
            number = indexes.next_number(index)
            assert number not in used
            assert all(number > one for one in used)
            used.add(number)
            index = indexes.added(index, release(number, first), second)
            assert index.releases[-1].number == number
            assert len(index.releases) >= min(second, 2) or len(used) < 2 or index.withdrawn
        elif what == "withdraw":
            try:
                index = indexes.taken_back(index, first, "wrong")
            except UpdateError:
                continue
            assert first in {one.number for one in index.withdrawn}
        else:
            try:
                index = indexes.shared(index, first, second)
            except UpdateError:
                continue
            had = False  # a maintainer may leave boxes out by a share
        assert not had or any(one.share == 100 for one in index.releases)
        assert read_releases(encode(index), "registry") == index


def test_what_a_rollback_leads_to_is_never_dropped() -> None:
    """Nine releases to a tenth of the boxes must not push out the ones that all others have."""
    index = Releases("registry", ())
    for number, share in enumerate([100, 100, *[10] * 9], 1):
        index = indexes.added(index, release(number, share), 3)
    assert [one.number for one in index.releases if one.share == 100] == [1, 2]
    assert indexes.taken_back(index, 2, "wrong").releases[0].number == 1
