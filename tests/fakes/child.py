"""A process's child without a process: the pipes, the death, and what was done to it."""

import os

from framework.protocol import framing, messages


class FakeChild:
    """The supervisor's side of three pipes; `ends` are those of the process."""

    def __init__(self, pid=4242):
        self.pid = pid
        self.status = -9
        self.reapable = True
        self.did = []
        self.pidfd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.ends, ours = [], []
        for direction in range(3):
            pair = os.pipe()
            ours.append(pair[direction == 0])
            self.ends.append(pair[direction != 0])
        self.stdin = os.fdopen(ours[0], "wb", buffering=0)
        self.stdout = os.fdopen(ours[1], "rb", buffering=0)
        self.stderr = os.fdopen(ours[2], "rb", buffering=0)
        os.set_blocking(self.ends[0], False)
        self._lines = framing.Lines(messages.MAX_FRAME_DOWN)

    # --- as its owner has it

    def stop(self):
        self.did.append("stop")

    def kill(self):
        self.did.append("kill")

    def signal_one(self, number):
        self.did.append(number)

    def reap(self):
        return self.status

    def wait(self, seconds):
        return self.status

    def abandon(self):
        self.kill()
        self.close()

    def close(self):
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    # --- as the process has it

    def says(self, *said):
        for message in said:
            os.write(self.ends[1], framing.encode(message))

    def heard(self):
        """What it can read from its stdin."""
        decoder = framing.Decoder(messages.Down)
        heard = []
        while True:
            try:
                chunk = os.read(self.ends[0], 65536)
            except BlockingIOError:
                return heard
            if not chunk:
                return heard
            heard += [decoder.decode(line) for line in self._lines.feed(chunk)]

    def dies(self, status=-9):
        self.status = status
        if self.pidfd >= 0:  # else it is buried
            os.eventfd_write(self.pidfd, 1)

    def hang_up(self):
        while self.ends:
            os.close(self.ends.pop())
