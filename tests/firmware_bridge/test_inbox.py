import threading

from firmware_bridge.inbox import Inbox


def test_what_is_expendable_gives_way_and_what_is_not_stays():
    inbox = Inbox(4, (str, float))
    for report in (1, "a", 2.0, "b", 2, 3, 4):
        inbox.put(report)
    assert [inbox.take(0) for _ in range(5)] == [1, 2, 3, 4, None]
    assert inbox.dropped == {"str": 2, "float": 1}


def test_where_nothing_is_expendable_the_oldest_gives_way_and_is_counted():
    inbox = Inbox(2, (str,))
    for report in (1, 2, 3):
        inbox.put(report)
    assert [inbox.take(0), inbox.take(0)] == [2, 3]
    assert inbox.dropped == {"int": 1}


def test_the_oldest_of_equal_reports_is_the_one_that_gives_way():
    inbox = Inbox(3, (str,))
    for report in ("a", 1, "a", 2):
        inbox.put(report)
    assert [inbox.take(0) for _ in range(3)] == [1, "a", 2]


def test_whoever_waits_is_woken_by_a_report_and_by_the_end():
    inbox, taken = Inbox(2, ()), []
    reader = threading.Thread(target=lambda: taken.extend([inbox.take(10), inbox.take(10)]))
    reader.start()
    inbox.put(1)
    inbox.close()
    reader.join(10)
    assert taken == [1, None]
