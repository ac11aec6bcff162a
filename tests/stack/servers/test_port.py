import socket

import pytest

from stack.servers import port


def test_a_bound_port_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind((port.HOST, 0))
        taken.listen()
        assert not port.is_free(taken.getsockname()[1])


def test_a_chosen_port_is_free_and_outside_the_range_of_outgoing_connections() -> None:
    chosen = port.free_port()
    assert port.is_free(chosen)
    assert 1024 <= chosen < port._first_ephemeral()


def test_ports_in_use_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def third_is_free(number: int) -> bool:
        asked.append(number)
        return len(asked) == 3

    monkeypatch.setattr(port, "is_free", third_is_free)
    assert port.free_port() == asked[2]
