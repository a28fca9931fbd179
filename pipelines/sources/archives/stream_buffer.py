"""A window on a stream: what is small is looked at in it, what is large passes it by."""

from codecorpus.pipelines.sources.archives.decompression import CUT, Stream
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError


class Window:
    """A stretch of a stream that is held in memory, and moved along it.

    Beyond what it holds, bytes are passed over or copied without being held. Once the stream was
    damaged or at its end, every call that needs more of it raises `DamagedError`.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0
        self._before = 0  # bytes of the stream before the window
        self._damage: DamagedError | None = None

    @property
    def place(self) -> int:
        """How many bytes of the stream have passed."""
        return self._before + self._at

    def holds(self, size: int) -> bool:
        """Whether the next `size` bytes lie in the window."""
        return len(self._data) - self._at >= size

    def ended(self) -> bool:
        """Whether nothing comes any more; may move the window on."""
        if not self.holds(1):
            more = self._chunk()
            self._before += len(self._data)
            self._data, self._at = more, 0
        return not self._data

    def take(self, size: int) -> memoryview:
        """The next `size` bytes, the window made larger if need be; for what is small.

        Raises:
            DamagedError: the stream ends before.
        """
        while not self.holds(size):
            more = self._chunk()
            if not more:
                raise DamagedError(ARCHIVE, CUT)
            self._before += self._at
            self._data, self._at = self._data[self._at :] + more, 0
        self._at += size
        return memoryview(self._data)[self._at - size : self._at]

    def skip(self, size: int) -> None:
        """Pass over `size` bytes.

        Raises:
            DamagedError: the stream ends before.
        """
        self._pass(size, None)

    def copy(self, into: memoryview) -> None:
        """Fill `into` with the next bytes.

        Raises:
            DamagedError: the stream ends before.
        """
        self._pass(len(into), into)

    def _pass(self, size: int, into: memoryview | None) -> None:
        done = 0
        while True:
            step = min(size - done, len(self._data) - self._at)
            if into is not None:
                into[done : done + step] = memoryview(self._data)[self._at : self._at + step]
            self._at += step
            done += step
            if into is None:
                skipped = self._stream.skip(size - done)
                self._before += skipped
                done += skipped
            if done == size:
                return
            if self.ended():
                raise DamagedError(ARCHIVE, CUT)

    def drain(self) -> None:
        """Go to the end of the stream, so that damage behind the last member shows."""
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
