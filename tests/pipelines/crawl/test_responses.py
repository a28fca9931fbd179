"""What is done about each answer, as GitHub's documentation says."""

import pytest

from codecorpus.pipelines.crawl.responses import (
    Action,
    Answer,
    Follow,
    Gone,
    Rejected,
    Take,
    Unchanged,
    Wait,
    judge,
)

NOW = 1_600_000_000.0
SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000100"}
SECONDARY = b'{"message": "You have exceeded a secondary rate limit."}'


def limited(until: float, *, counts: bool = True) -> Wait:
    reason = "a secondary limit" if counts else "the budget is spent"
    return Wait(until, reason, limited=True, counts=counts)


@pytest.mark.parametrize(
    ("answer", "tries", "action"),
    [
        (Answer(200), 0, Take()),
        (Answer(304), 0, Unchanged()),
        (Answer(301, {"location": "/a"}), 0, Follow("/a", permanent=True)),
        (Answer(308, {"location": "/a"}), 0, Follow("/a", permanent=True)),
        (Answer(302, {"location": "/a"}), 0, Follow("/a", permanent=False)),
        (Answer(307, {"location": "/a"}), 0, Follow("/a", permanent=False)),
        (Answer(301), 0, Gone("moved_nowhere")),
        (Answer(401), 0, Rejected()),
        (Answer(403, SPENT), 0, limited(NOW + 101, counts=False)),
        (Answer(429, SPENT), 3, limited(NOW + 101, counts=False)),
        (Answer(403, SPENT | {"retry-after": "7"}), 0, limited(NOW + 7)),
        (Answer(403, {}, SECONDARY), 0, limited(NOW + 60)),
        (Answer(403, {}, SECONDARY), 2, limited(NOW + 240)),
        (Answer(429), 1, limited(NOW + 120)),
        (Answer(403, {}, b"Repository access blocked"), 0, Gone("forbidden")),
        (Answer(404), 0, Gone("not_found")),
        (Answer(409), 0, Gone("empty")),
        (Answer(410), 0, Gone("not_found")),
        (Answer(422), 0, Gone("not_found")),
        (Answer(451), 0, Gone("legal")),
        (Answer(418), 0, Gone("status_418")),
        (Answer(500), 0, Wait(NOW + 1, "status 500")),
        (Answer(502), 4, Wait(NOW + 16, "status 502")),
        (Answer(503, {"retry-after": "9"}), 0, Wait(NOW + 9, "status 503")),
        (Answer(0, trouble="ReadTimeout"), 1, Wait(NOW + 2, "ReadTimeout")),
    ],
)
def test_each_answer_has_its_action(answer: Answer, tries: int, action: Action) -> None:
    assert judge(answer, tries, NOW) == action


def test_a_reset_is_told_by_the_servers_clock() -> None:
    ahead = {"date": "Sun, 13 Sep 2020 12:28:20 GMT"}  # 100 seconds ahead of ours
    assert judge(Answer(403, SPENT | ahead), 0, NOW) == limited(NOW + 1, counts=False)


@pytest.mark.parametrize("date", ["Sun, 13 Sep 2020 12:27:10 GMT", "30"])
def test_retry_after_is_seconds_or_a_date(date: str) -> None:
    assert judge(Answer(429, {"retry-after": date}), 0, NOW) == limited(NOW + 30)


@pytest.mark.parametrize("junk", ["soon", "-1", "", "१"])
def test_junk_in_headers_is_as_none(junk: str) -> None:
    headers = {"retry-after": junk, "x-ratelimit-remaining": "0", "x-ratelimit-reset": junk}
    assert judge(Answer(429, headers), 0, NOW) == limited(NOW + 60)
