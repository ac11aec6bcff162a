"""The moves of images and batches as a graph."""

from line.states import (
    BATCH_MOVES,
    IMAGE_MOVES,
    SETTLED,
    BatchState,
    ImageState,
)


def reachable(start: object, moves: frozenset[tuple[object, object]]) -> set[object]:
    result, edge = {start}, {start}
    while edge := {new for old, new in moves if old in edge} - result:
        result |= edge
    return result


def test_every_state_of_an_image_can_be_reached_from_waiting() -> None:
    assert reachable(ImageState.WAITING, IMAGE_MOVES) == set(ImageState)


def test_every_state_of_a_batch_can_be_reached_from_running() -> None:
    assert reachable(BatchState.RUNNING, BATCH_MOVES) == set(BatchState)


def test_no_state_is_a_dead_end() -> None:
    assert all(ImageState.DELIVERED in reachable(state, IMAGE_MOVES) for state in ImageState)
    assert all(BatchState.DONE in reachable(state, BATCH_MOVES) for state in BatchState)


def test_the_line_alone_never_moves_a_settled_image() -> None:
    busy = set(ImageState) - SETTLED
    assert busy == {ImageState.WAITING, ImageState.WORKING, ImageState.HELD}


def test_only_work_delivers() -> None:
    assert {old for old, new in IMAGE_MOVES if new is ImageState.DELIVERED} == {ImageState.WORKING}
