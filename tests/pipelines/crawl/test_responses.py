"""Each response leads to the action that GitHub's documentation asks for."""

import pytest

from codecorpus.pipelines.crawl.responses import (
    Action,
    NotModified,
    Redirect,
    Response,
    Retry,
    TokenRejected,
    Unavailable,
    UseBody,
    action_for,
)

NOW = 1_600_000_000.0
USED_UP = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000100"}
SECONDARY = b'{"message": "You have exceeded a secondary rate limit."}'


def limited(at: float, *, counts: bool = True) -> Retry:
    reason = "secondary rate limit" if counts else "rate limit used up"
    return Retry(at, reason, rate_limited=True, counts=counts)


@pytest.mark.parametrize(
    ("response", "tries", "action"),
    [
        (Response(200), 0, UseBody()),
        (Response(304), 0, NotModified()),
        (Response(301, {"location": "/a"}), 0, Redirect("/a", permanent=True)),
        (Response(308, {"location": "/a"}), 0, Redirect("/a", permanent=True)),
        (Response(302, {"location": "/a"}), 0, Redirect("/a", permanent=False)),
        (Response(307, {"location": "/a"}), 0, Redirect("/a", permanent=False)),
        (Response(301), 0, Unavailable("moved_nowhere")),
        (Response(401), 0, TokenRejected()),
        (Response(403, USED_UP), 0, limited(NOW + 101, counts=False)),
        (Response(429, USED_UP), 3, limited(NOW + 101, counts=False)),
        (Response(403, USED_UP | {"retry-after": "7"}), 0, limited(NOW + 7)),
        (Response(403, {}, SECONDARY), 0, limited(NOW + 60)),
        (Response(403, {}, SECONDARY), 2, limited(NOW + 240)),
        (Response(429), 1, limited(NOW + 120)),
        (Response(403, {}, b"Repository access blocked"), 0, Unavailable("forbidden")),
        (Response(404), 0, Unavailable("not_found")),
        (Response(409), 0, Unavailable("empty")),
        (Response(410), 0, Unavailable("not_found")),
        (Response(422), 0, Unavailable("not_found")),
        (Response(451), 0, Unavailable("legal")),
        (Response(418), 0, Unavailable("status_418")),
        (Response(500), 0, Retry(NOW + 1, "status 500")),
        (Response(502), 4, Retry(NOW + 16, "status 502")),
        (Response(503, {"retry-after": "9"}), 0, Retry(NOW + 9, "status 503")),
        (Response(0, error="ReadTimeout"), 1, Retry(NOW + 2, "ReadTimeout")),
    ],
)
def test_each_response_leads_to_its_action(response: Response, tries: int, action: Action) -> None:
    assert action_for(response, tries, NOW) == action


def test_a_reset_is_converted_to_our_clock() -> None:
    ahead = {"date": "Sun, 13 Sep 2020 12:28:20 GMT"}  # 100 seconds ahead of ours
    assert action_for(Response(403, USED_UP | ahead), 0, NOW) == limited(NOW + 1, counts=False)


@pytest.mark.parametrize("date", ["Sun, 13 Sep 2020 12:27:10 GMT", "30"])
def test_retry_after_may_be_seconds_or_a_date(date: str) -> None:
    assert action_for(Response(429, {"retry-after": date}), 0, NOW) == limited(NOW + 30)


@pytest.mark.parametrize("value", ["soon", "-1", "", "१"])
def test_malformed_headers_are_ignored(value: str) -> None:
    headers = {"retry-after": value, "x-ratelimit-remaining": "0", "x-ratelimit-reset": value}
    assert action_for(Response(429, headers), 0, NOW) == limited(NOW + 60)
