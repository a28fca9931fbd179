"""Buffers a stream: small pieces are read from the buffer, large ones bypass it."""

from codecorpus.pipelines.sources.archives.decompression import TRUNCATED, Stream
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError


class StreamBuffer:
    """A buffer that moves along a stream.

    Bytes beyond the buffer are skipped or copied without being held. After the stream has ended or
    was found damaged, every call that needs more of it raises `DamagedError`.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0
        self._before = 0  # bytes of the stream before the buffer
        self._damage: DamagedError | None = None

    @property
    def position(self) -> int:
        """The number of bytes of the stream that were taken, skipped or copied."""
        return self._before + self._at

    def holds(self, size: int) -> bool:
        """Whether the next `size` bytes are in the buffer."""
        return len(self._data) - self._at >= size

    def at_end(self) -> bool:
        """Whether the stream has no more bytes; may refill the buffer."""
        if not self.holds(1):
            chunk = self._chunk()
            self._before += len(self._data)
            self._data, self._at = chunk, 0
        return not self._data

    def take(self, size: int) -> memoryview:
        """The next `size` bytes; the buffer grows if necessary.

        Raises:
            DamagedError: the stream ends earlier.
        """
        while not self.holds(size):
            chunk = self._chunk()
            if not chunk:
                raise DamagedError(ARCHIVE, TRUNCATED)
            self._before += self._at
            self._data, self._at = self._data[self._at :] + chunk, 0
        self._at += size
        return memoryview(self._data)[self._at - size : self._at]

    def skip(self, size: int) -> None:
        """Skip `size` bytes.

        Raises:
            DamagedError: the stream ends earlier.
        """
        self._advance(size, None)

    def copy_into(self, target: memoryview) -> None:
        """Fill `target` with the next bytes.

        Raises:
            DamagedError: the stream ends earlier.
        """
        self._advance(len(target), target)

    def _advance(self, size: int, target: memoryview | None) -> None:
        done = 0
        while True:
            step = min(size - done, len(self._data) - self._at)
            if target is not None:
                target[done : done + step] = memoryview(self._data)[self._at : self._at + step]
            self._at += step
            done += step
            if target is None:
                skipped = self._stream.skip(size - done)
                self._before += skipped
                done += skipped
            if done == size:
                return
            if self.at_end():
                raise DamagedError(ARCHIVE, TRUNCATED)

    def drain(self) -> None:
        """Read to the end of the stream, so that damage after the last member is found."""
        while self._chunk():
            pass

    def _chunk(self) -> bytes:
        if self._damage is not None:
            raise self._damage
        try:
            return self._stream.chunk()
        except DamagedError as damage:
            self._damage = damage
            raise
