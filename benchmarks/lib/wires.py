"""Machines on one machine: network namespaces, and a switch between them that delays, loses or holds up what they send.

Each namespace has one network card, a TAP device; what it sends is read here, and written to the card of another one.
So no queueing discipline of the kernel is needed, which many kernels lack for delays and losses.
"""

from __future__ import annotations

import heapq
import itertools
import os
import random
import select
import shutil
import signal
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lib.processes import BenchmarkError

_TUN = Path("/dev/net/tun")
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h
_FRAME_BYTES = 1 << 16
_ADDRESS_BYTES = 6  # of a card; a frame begins with those of its receiver and its sender
_QUEUE_SECONDS = 0.1
"""How much a card holds back that sends faster than its link; what comes on top is dropped, as by a router."""
_BITS = 8


@dataclass(frozen=True)
class Link:
    """What happens to the frames of each machine.

    Attributes
    ----------
    rate : float or None
        Bits a second that it can send. None: as fast as this machine is.
    delay : float
        Seconds until a frame arrives.
    loss : float
        Share of the frames that never do.
    """

    rate: float | None = None
    delay: float = 0.0
    loss: float = 0.0


class Switch(threading.Thread):
    """Carries frames between cards.

    Parameters
    ----------
    cards : sequence of int
        Descriptors of TAP devices; closed by their owner.
    link : Link

    Attributes
    ----------
    sent : int
        Bytes that all cards have sent, with those that were lost.
    down : set of int
        The cards that neither send nor receive.
    """

    def __init__(self, cards: Sequence[int], link: Link) -> None:
        super().__init__(name="switch", daemon=True)
        self.sent, self.down = 0, set[int]()
        self._cards, self._link = list(cards), link
        self._is_open, self._draw, self._order = True, random.Random(1), itertools.count()
        self._free = [0.0] * len(cards)  # when the link of each card has sent all
        self._ports: dict[bytes, int] = {}  # the card of each address
        self._due: list[tuple[float, int, int, bytes]] = []  # when, order, receiver, frame

    def run(self) -> None:
        """Carry frames until the switch is closed."""
        poll = select.poll()
        for card in self._cards:
            poll.register(card, select.POLLIN)
        ports = {card: port for port, card in enumerate(self._cards)}
        while self._is_open:
            wait = 0.1 if not self._due else min(max(self._due[0][0] - time.monotonic(), 0), 0.1)
            for card, _ in poll.poll(wait * 1000):
                with suppress(OSError):  # no frame more
                    while True:
                        self._accept(ports[card], os.read(card, _FRAME_BYTES))
            while self._due and self._due[0][0] <= time.monotonic():
                _, _, receiver, frame = heapq.heappop(self._due)
                if receiver not in self.down:
                    with suppress(OSError):  # its queue is full
                        os.write(self._cards[receiver], frame)

    def _accept(self, sender: int, frame: bytes) -> None:
        """Take a frame; drop it, or say when it arrives."""
        link, now = self._link, time.monotonic()
        self.sent += len(frame)
        self._ports[frame[_ADDRESS_BYTES : 2 * _ADDRESS_BYTES]] = sender
        if sender in self.down or (link.loss and self._draw.random() < link.loss):
            return
        leaves = now
        if link.rate is not None:
            leaves = max(now, self._free[sender])
            if leaves - now > _QUEUE_SECONDS:
                return
            leaves += len(frame) * _BITS / link.rate
            self._free[sender] = leaves
        known = self._ports.get(frame[:_ADDRESS_BYTES])
        for receiver in range(len(self._cards)) if known is None else [known]:
            if receiver != sender:
                heapq.heappush(self._due, (leaves + link.delay, next(self._order), receiver, frame))

    def close(self) -> None:
        """Carry no frame more."""
        self._is_open = False
        self.join()


@dataclass(frozen=True)
class Machines:
    """Namespaces with a switch between them.

    Attributes
    ----------
    names : list of str
    switch : Switch
    """

    names: list[str]
    switch: Switch

    @staticmethod
    def address(number: int) -> str:
        """Return the address of a machine."""
        return f"10.55.0.{number + 1}"

    def command(self, number: int, *command: str) -> list[str]:
        """Return a command as one that runs on a machine."""
        return [_ip(), "netns", "exec", self.names[number], *command]


@contextmanager
def machines(count: int, link: Link) -> Iterator[Machines]:
    """Make machines; at the end, kill what still runs there.

    Raises
    ------
    BenchmarkError
        This system, or this user, cannot make network namespaces.
    """
    if not _TUN.exists() or os.geteuid() != 0:
        raise BenchmarkError(f"makes network namespaces: run it as root, on a Linux that has {_TUN}")
    names = [f"embed-{os.getpid()}-{number}" for number in range(count)]
    with ExitStack() as stack:
        cards = []
        for number, name in enumerate(names):
            _run("netns", "add", name)
            stack.callback(_remove, name)
            device = f"em{os.getpid()}n{number}"
            cards.append(_card(device))
            stack.callback(os.close, cards[-1])
            _run("link", "set", device, "netns", name)
            _run("-n", name, "address", "add", f"{Machines.address(number)}/24", "dev", device)
            for each in ("lo", device):
                _run("-n", name, "link", "set", each, "up")
        switch = Switch(cards, link)
        switch.start()
        stack.callback(switch.close)
        yield Machines(names, switch)


def _card(device: str) -> int:
    """Return the descriptor of a new TAP device with this name; its frames are read and written there."""
    import fcntl  # where there are TAP devices

    card = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(card, _TUNSETIFF, struct.pack("16sH", device.encode(), _IFF_TAP | _IFF_NO_PI))
    return card


def _ip() -> str:
    found = shutil.which("ip")
    if found is None:
        raise BenchmarkError("makes network namespaces with `ip`: install iproute2")
    return found


def _run(*arguments: str) -> str:
    done = subprocess.run([_ip(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"cannot make network namespaces here: {done.stderr.strip()}")
    return done.stdout


def _remove(name: str) -> None:
    for process in _run("netns", "pids", name).split():
        with suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
    _run("netns", "delete", name)
