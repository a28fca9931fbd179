"""Whole objects by one request each: the answer itself tells whether it is what was listed."""

from typing import Any, Final, Protocol

from fsspec.asyn import sync


class Get(Protocol):
    """Asks one kind of store."""

    def __call__(self, system: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
        """All bytes of an object; None if the answer does not say that it has this stamp.

        Args:
            system: the store's file system, of fsspec.
            path: what it calls the object.
            stamp: as of `Found`.
        """


def _of_s3(system: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
    async def get() -> bytes | None:
        bucket, key, _ = system.split_path(path)
        answer = await system._call_s3("get_object", Bucket=bucket, Key=key)  # noqa: SLF001
        try:
            if answer.get("ETag", "").strip('"') != stamp:
                return None
            data: bytes = await answer["Body"].read()
            return data
        finally:
            answer["Body"].close()

    found: bytes | None = sync(system.loop, get)
    return found


def _of_gs(system: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
    headers, data = sync(system.loop, system._call, "GET", system.url(path))  # noqa: SLF001
    return data if headers.get("x-goog-generation") == stamp else None


GETS: Final[dict[str, Get]] = {"s3": _of_s3, "gs": _of_gs}
"""By scheme; of other stores' answers nothing is told by which one would know."""
