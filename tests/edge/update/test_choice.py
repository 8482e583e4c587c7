"""Which release a box takes, and the way to it."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.update.choice import LONGEST_WAY, chosen, cohort_of, steps, worth
from edge.update.releases import Delta, File, Release, Releases, Withdrawn

AT = datetime(2028, 1, 1, tzinfo=UTC)


def content(number: int) -> str:
    return f"{number:064x}"


def release(number: int, share: int = 100, bases: tuple[int, ...] = ()) -> Release:
    file = File("registry.sqlite", f"registry/{number}.zst", 1000, "a" * 64)
    deltas = tuple(
        Delta(base, content(base), f"registry/{base}-{number}.zst", 10) for base in bases
    )
    return Release(number, f"r{number}", share, content(number), (file,), AT, deltas)


def index(*releases: Release, gone: tuple[int, ...] = ()) -> Releases:
    return Releases("registry", releases, tuple(Withdrawn(n, f"r{n}", "wrong") for n in gone))


@given(
    numbers=st.sets(st.integers(1, 20), max_size=8),
    shares=st.lists(st.integers(0, 100), min_size=20, max_size=20),
    gone=st.sets(st.integers(1, 20), max_size=5),
    cohort=st.integers(0, 99),
    have=st.none() | st.integers(1, 20),
)
def test_no_box_takes_what_is_withdrawn_or_not_for_it_and_none_goes_back_without_need(
    numbers: set[int], shares: list[int], gone: set[int], cohort: int, have: int | None
) -> None:
    releases = [release(n, shares[n - 1]) for n in sorted(numbers)]
    found = chosen(index(*releases, gone=tuple(gone)), cohort, have)
    if found is None:
        return
    assert found.number not in gone
    assert cohort < found.share
    assert have is None or have in gone or found.number > have


@given(st.text(min_size=1, max_size=63))
def test_every_box_is_of_one_of_a_hundred_cohorts_and_stays_there(box: str) -> None:
    assert 0 <= cohort_of(box) <= 99
    assert cohort_of(box) == cohort_of(box)


def test_a_share_of_a_hundred_reaches_every_box_and_of_none_reaches_no_box() -> None:
    assert all(chosen(index(release(1)), cohort, None) for cohort in range(100))
    assert not any(chosen(index(release(1, 0)), cohort, None) for cohort in range(100))


def test_the_chain_is_walked_in_order_of_use() -> None:
    three = release(3, bases=(2,))
    way = steps(index(release(1), release(2, bases=(1,)), three), three, release(1))
    assert [(step.delta.base, step.to.number) for step in way] == [(1, 2), (2, 3)]


def test_the_longest_step_that_reaches_back_is_taken() -> None:
    four = release(4, bases=(1, 3))
    way = steps(index(release(3, bases=(1,)), four), four, release(1))
    assert [step.delta.base for step in way] == [1]


def test_a_broken_chain_is_no_way() -> None:
    three = release(3, bases=(2,))
    assert steps(index(release(1), release(2), three), three, release(1)) == ()
    assert steps(index(release(1), three), three, release(1)) == ()


def test_a_chain_from_another_content_is_no_way() -> None:
    two = release(2, bases=(1,))
    other = Release(1, "r1", 100, content(9), release(1).files, AT)
    assert steps(index(two), two, other) == ()


def test_nothing_leads_back_to_an_older_release() -> None:
    assert steps(index(release(1), release(2, bases=(1,))), release(1), release(2)) == ()


def test_deltas_that_are_no_smaller_are_not_worth_it() -> None:
    two = release(2, bases=(1,))
    way = steps(index(two), two, release(1))
    assert worth(way, two, {"registry/1-2.zst": 9, "registry/2.zst": 10}.__getitem__)
    assert not worth(way, two, {"registry/1-2.zst": 10, "registry/2.zst": 10}.__getitem__)
    assert not worth((), two, lambda _: 1)


def test_a_chain_without_end_is_no_way() -> None:
    """Each step writes the whole registry: who signs thousands of deltas wears out every box."""
    releases = [release(1), *(release(n, bases=(n - 1,)) for n in range(2, LONGEST_WAY + 3))]
    assert len(steps(index(*releases), releases[-1], releases[1])) == LONGEST_WAY
    assert steps(index(*releases), releases[-1], releases[0]) == ()
