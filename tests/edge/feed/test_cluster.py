"""Servers of one broker, tried in turn."""

import pytest

from edge.errors import FeedError
from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.session import Broker

SERVERS = tuple(BrokerAddress(name, 8883) for name in ("a", "b", "c"))


class Network:
    """Which servers answer, and who was called."""

    def __init__(self) -> None:
        self.up, self.called = {"a", "b", "c"}, ""

    def connect(self, server: Broker) -> str:
        self.called += server.host
        if server.host not in self.up:
            raise FeedError(f"{server.host} is away.", "Wait.")
        return server.host


@pytest.fixture
def network() -> Network:
    return Network()


def test_a_lost_connection_is_followed_by_one_to_the_next_server(network: Network) -> None:
    cluster = Cluster(SERVERS, lambda: 0.0)
    assert [cluster.open(network.connect) for _ in range(4)] == ["a", "b", "c", "a"]


def test_servers_that_are_away_are_passed_by_at_once(network: Network) -> None:
    network.up = {"c"}
    assert Cluster(SERVERS, lambda: 0.0).open(network.connect) == "c"
    assert network.called == "abc"


def test_each_is_called_once_when_all_are_away(network: Network) -> None:
    network.up = set()
    with pytest.raises(FeedError, match="c is away"):
        Cluster(SERVERS, lambda: 0.0).open(network.connect)
    assert network.called == "abc"


def test_a_single_broker_is_called_again_and_again(network: Network) -> None:
    cluster = Cluster(SERVERS[:1], lambda: 0.999)
    assert [cluster.open(network.connect) for _ in range(2)] == ["a", "a"]


def test_boxes_begin_with_different_servers(network: Network) -> None:
    draws = (0.0, 0.4, 0.999999)
    first = {Cluster(SERVERS, lambda d=d: d).open(network.connect) for d in draws}
    assert first == {"a", "b", "c"}
