"""A delivered file must look like the picture that it encodes, in every region."""

from collections.abc import Mapping

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.histogram import levels_lost
from gates.metrics.similarity.gmsd import gmsd
from gates.metrics.similarity.local_error import local_error
from gates.metrics.similarity.ssim import ssim


def measure(edit: Edit) -> Mapping[str, float]:
    """``file_ssim`` (on luma), ``file_gmsd``, ``file_local_error`` (of the worst cell), ``file_levels_lost``."""
    if not edit.same_size:
        return {}
    coarse = edit.coarse_lumas  # the reference code of SSIM scales large pictures down as well
    return {
        "file_ssim": ssim(*coarse),
        "file_gmsd": gmsd(*coarse),
        "file_local_error": float(local_error(edit.before_luma, edit.after_luma).max()),
        "file_levels_lost": levels_lost(edit.before, edit.after),
    }


def where(edit: Edit) -> Box | None:
    if not edit.same_size:
        return None
    return box_of_worst(local_error(edit.before_luma, edit.after_luma), *edit.after.shape[:2])


GATE = Gate(
    name="fidelity",
    transforms=frozenset({"deliver"}),
    limits={
        "file_ssim": Limit(at_least=0.85),
        "file_gmsd": Limit(at_most=0.007),
        "file_local_error": Limit(at_most=3.1),
        "file_levels_lost": Limit(at_most=0.1),
    },
    measure=measure,
    where=where,
)
