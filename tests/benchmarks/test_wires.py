"""The switch between machines of the benchmark of networks, without networks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the source tree only")

from benchmarks.lib import wires
from benchmarks.lib.processes import BenchmarkError
from benchmarks.lib.wires import Link, Switch

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("has no pairs of sockets for frames", allow_module_level=True)

ALL = b"\xff" * 6


def frame(receiver: bytes, sender: int, size: int = 20) -> bytes:
    return (receiver + address(sender)).ljust(size, b".")


def address(machine: int) -> bytes:
    return bytes([2, 0, 0, 0, 0, machine])


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """Return the ends of three cards: that of the machine, and that of the switch."""
    made = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(3)]
    for machine, card in made:
        machine.settimeout(10)
        card.setblocking(False)
    yield made
    for pair in made:
        for end in pair:
            end.close()


def test_frames_go_to_all_until_the_receiver_is_known(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    machines = [machine for machine, _ in pairs]
    switch = Switch([card.fileno() for _, card in pairs], Link(delay=0.001))
    switch.start()
    machines[0].send(frame(ALL, 0))
    assert [machines[other].recv(99) for other in (1, 2)] == [frame(ALL, 0)] * 2
    machines[1].send(frame(address(0), 1))
    assert machines[0].recv(99) == frame(address(0), 1)
    switch.down.add(1)
    machines[0].send(frame(address(1), 0))
    machines[1].send(frame(ALL, 1))
    machines[0].send(frame(ALL, 0, 30))
    assert machines[2].recv(99) == frame(ALL, 0, 30)  # and nothing before it
    switch.down.clear()
    machines[0].send(frame(address(1), 0, 40))
    assert machines[1].recv(99) == frame(address(1), 0, 40)
    switch.close()
    assert switch.sent == 20 * 4 + 30 + 40


def test_slow_link_holds_frames_back_and_drops_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires, "time", SimpleNamespace(monotonic=lambda: 5.0))
    switch = Switch([0, 1], Link(rate=8 * 1000, delay=0.5))
    for _ in range(9):
        switch._accept(0, frame(ALL, 0, 40))  # each takes 40 ms
    assert [due for due, *_ in sorted(switch._due)] == pytest.approx([5.54, 5.58, 5.62])


def test_share_of_the_frames_is_lost() -> None:
    switch = Switch([0, 1], Link(loss=0.05))
    for _ in range(10_000):
        switch._accept(0, frame(ALL, 0))
    assert len(switch._due) == pytest.approx(9500, abs=100)


def test_machines_need_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires.os, "geteuid", lambda: 1000)
    with (
        pytest.raises(BenchmarkError, match="run it as root, on a Linux that has /dev/net/tun"),
        wires.machines(2, Link()),
    ):
        raise AssertionError
