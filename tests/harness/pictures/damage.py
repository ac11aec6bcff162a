"""Files that were changed on the way, for property tests of everything that reads them."""

from hypothesis import strategies as st


def damaged(whole: bytes, most: int = 8) -> st.SearchStrategy[bytes]:
    """``whole`` with up to ``most`` bytes changed, and perhaps cut short or with a part of it twice."""
    at = st.integers(0, len(whole) - 1)
    changes = st.lists(st.tuples(at, st.integers(0, 255)), max_size=most)
    return st.builds(_damage, st.just(whole), changes, st.one_of(st.none(), at), st.one_of(st.none(), at))


def _damage(whole: bytes, changes: list[tuple[int, int]], cut: int | None, repeat: int | None) -> bytes:
    data = bytearray(whole)
    for at, value in changes:
        data[at] = value
    if repeat is not None:
        data[repeat:repeat] = data[repeat : repeat + 64]
    return bytes(data[:cut])
