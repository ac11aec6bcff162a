"""Each gate catches its plain case, and good edits pass them all."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from gates.contract import judge
from gates.edit import Edit
from line.picture import Rgb
from models.back_projection import BackProjection
from models.telea import Telea
from tests.harness.pictures.opencv import as_rgb, blurred
from training.gates.captions import Overlaid, jpeg, overlay
from training.gates.photos import Photo

Erase = Callable[[Overlaid, Rgb], Edit]


def reasons(edit: Edit) -> set[str]:
    return {reason.code for reason in judge(edit).reasons}


def enlarged(rgb: Rgb, by: float = 2.0) -> Rgb:
    size = (round(rgb.shape[1] * by), round(rgb.shape[0] * by))
    return BackProjection().upscale(rgb, size, seed=0)


def test_a_fill_with_the_truth_passes(photo: Photo, erased: Erase) -> None:
    case = overlay(photo)
    assert reasons(erased(case, case.truth)) == set()


def test_a_good_enlargement_passes(photo: Photo) -> None:
    assert reasons(Edit("upscale", photo.rgb, enlarged(photo.rgb))) == set()


@pytest.mark.parametrize("quality", [82, 95])
def test_a_good_file_passes(photo: Photo, quality: int) -> None:
    assert reasons(Edit("deliver", photo.rgb, jpeg(photo.rgb, quality))) == set()
    assert reasons(Edit("admit", photo.rgb, photo.rgb)) == set()


def test_a_smooth_picture_seems_not_to_move_when_it_is_encoded() -> None:
    for seed in range(4):
        colours = np.random.default_rng(seed).integers(40, 216, (3, 5, 3), dtype=np.uint8)
        smooth = as_rgb(cv2.resize(colours, (1000, 800), interpolation=cv2.INTER_CUBIC))
        assert reasons(Edit("deliver", smooth, jpeg(smooth, 92))) == set()


def test_a_smooth_fill_on_a_clean_ground_passes(erased: Erase) -> None:
    rows = np.linspace(250, 225, 400, dtype=np.float32)[:, None, None]
    smooth = np.broadcast_to(np.rint(rows), (400, 500, 3)).astype(np.uint8)
    ground = smooth + np.random.default_rng(3).normal(0, 0.4, (400, 500, 1))
    case = overlay(Photo("ground", ground.clip(0, 255).astype(np.uint8), True, 11))
    assert reasons(erased(case, smooth)) == set()


def test_one_changed_pixel_outside_the_mask_is_found_where_it_is(white: Overlaid, erased: Erase) -> None:
    edit = erased(white, white.truth)
    y, x = np.argwhere(white.mask == 0)[1234]
    edit.after[y, x, 1] ^= 1
    (reason,) = judge(edit).reasons
    assert (reason.code, reason.value, reason.where) == ("outside_mask.outside_changed", 1, (x, y, 1, 1))


@pytest.mark.parametrize("left", [0.15, 0.4])
def test_a_ghost_of_the_text_is_flagged(white: Overlaid, erased: Erase, left: float) -> None:
    fill = as_rgb(cv2.addWeighted(white.truth, 1 - left, white.before, left, 0))
    assert "text_residue.ghost" in reasons(erased(white, fill))


def test_text_that_a_detector_still_finds_is_flagged(white: Overlaid, erased: Erase) -> None:
    def everywhere(rgb: Rgb) -> np.ndarray:
        height, width = rgb.shape[:2]
        left, right, top, bottom = width * 0.3, width * 0.7, height * 0.45, height * 0.55
        return np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float32)

    edit = erased(white, white.truth)
    edit.find_text = everywhere
    assert "text_residue.text_left" in reasons(edit)


def test_text_beside_the_mask_is_no_residue(white: Overlaid, erased: Erase) -> None:
    edit = erased(white, white.truth)
    edit.find_text = lambda rgb: np.array([[[0, 0], [12, 0], [12, 6], [0, 6]]], np.float32)
    assert "text_residue.text_left" not in reasons(edit)


def test_a_fill_a_shade_off_is_flagged(white: Overlaid, erased: Erase) -> None:
    darker = white.truth - np.minimum(white.truth, 6)
    assert "fill_evidence.evidence" in reasons(erased(white, darker))


def test_a_flat_fill_on_cloth_is_flagged(cloth: Overlaid, erased: Erase) -> None:
    flat = blurred(cloth.truth, 5)
    assert "fill_evidence.evidence" in reasons(erased(cloth, flat))


def test_a_fill_without_its_surroundings_grain_is_flagged_as_texture(erased: Erase) -> None:
    grainy = np.random.default_rng(4).normal(150, 9, (300, 400, 1)).clip(0, 255)
    case = overlay(Photo("grainy", np.repeat(grainy, 3, axis=2).astype(np.uint8), True, 8), quality=98)
    fill = Telea().fill(case.before, case.mask, seed=0)
    assert "fill_texture.grain_lost" in reasons(erased(case, fill))


def test_invented_grain_is_flagged_as_texture(white: Overlaid, erased: Erase) -> None:
    noise = np.random.default_rng(0).normal(0, 8, (*white.mask.shape, 1))
    assert "fill_texture.grain_gained" in reasons(
        erased(white, (white.truth + noise).clip(0, 255).astype(np.uint8))
    )


def test_a_fill_in_another_colour_is_flagged(white: Overlaid, erased: Erase) -> None:
    assert "colour_shift.fill_colour" in reasons(erased(white, np.full_like(white.truth, (40, 90, 40))))


@pytest.mark.parametrize("transform", ["upscale", "deliver"])
def test_a_turned_hue_is_flagged(textured: Rgb, transform: str) -> None:
    after = enlarged(textured) if transform == "upscale" else textured
    hsv = cv2.cvtColor(after, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + 4) % 180
    turned = as_rgb(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))
    assert "colour_shift.hue_turn" in reasons(Edit(transform, textured, turned))


def test_washed_out_contrast_is_flagged(photo: Photo) -> None:
    washed = (photo.rgb * 0.8 + 40).clip(0, 255).astype(np.uint8)
    assert "colour_shift.contrast_change" in reasons(Edit("deliver", photo.rgb, washed))


def test_a_blurred_enlargement_is_flagged_by_sharpness_and_spectrum(textured: Rgb) -> None:
    soft = blurred(enlarged(textured), 2)
    result = reasons(Edit("upscale", textured, soft))
    assert {"sharpness.upscale_sharpness", "spectral_energy.upscale_band_lost"} <= result


def test_a_blurred_file_is_flagged_by_sharpness_and_spectrum(textured: Rgb) -> None:
    result = reasons(Edit("deliver", textured, blurred(textured, 1.5)))
    assert {"sharpness.deliver_sharpness", "spectral_energy.deliver_band_lost"} <= result


def test_an_enlargement_of_another_picture_is_flagged(textured: Rgb) -> None:
    result = reasons(Edit("upscale", textured, enlarged(np.ascontiguousarray(textured[::-1]))))
    assert "enlargement.consistency" in result


@pytest.mark.parametrize("contrast", [8, 12, 40])
def test_a_number_that_an_enlargement_wiped_is_flagged(contrast: int) -> None:
    shades = (
        70 + np.linspace(0, 40, 180)[None, :, None] + np.random.default_rng(3).normal(0, 1, (120, 180, 1))
    )
    chip = np.repeat(shades, 3, axis=2)
    digits = np.zeros((480, 720), np.uint8)
    cv2.putText(digits, "30742", (240, 280), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 255, 2, cv2.LINE_AA)
    cover = cv2.resize(digits, (180, 120), interpolation=cv2.INTER_AREA)[..., None] / 255
    blank, printed = (
        np.rint(chip + cover * levels).clip(0, 255).astype(np.uint8) for levels in (0, contrast)
    )
    assert reasons(Edit("upscale", printed, enlarged(printed, 4))) == set()
    assert "enlargement.invented" in reasons(Edit("upscale", printed, enlarged(blank, 4)))


def test_a_stretched_enlargement_is_flagged(textured: Rgb) -> None:
    wide = as_rgb(cv2.resize(textured, (int(textured.shape[1] * 2.06), textured.shape[0] * 2)))
    assert "enlargement.aspect_change" in reasons(Edit("upscale", textured, wide))


def test_an_enlargement_half_a_pixel_off_is_flagged(textured: Rgb) -> None:
    off = np.roll(enlarged(textured), 1, axis=1)
    assert "enlargement.shift" in reasons(Edit("upscale", textured, off))


def test_a_picture_that_shrank_is_no_enlargement(textured: Rgb) -> None:
    small = as_rgb(cv2.resize(textured, (192, 128)))
    assert "enlargement.enlarged" in reasons(Edit("upscale", textured, small))


def test_halos_are_flagged(textured: Rgb) -> None:
    large = enlarged(textured)
    halo = as_rgb(cv2.addWeighted(large, 3.5, blurred(large, 2), -2.5, 0))
    assert "enlargement.overshoot" in reasons(Edit("upscale", textured, halo))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_constant_picture_is_flagged(level: int) -> None:
    blank = np.full((200, 300, 3), level, np.uint8)
    assert "file_truth.spread" in reasons(Edit("admit", blank, blank))


@pytest.mark.parametrize("colour", [(128, 128, 128), (0, 0, 0), (90, 130, 90)])
def test_half_a_picture_is_flagged_with_the_missing_half(photo: Photo, colour: tuple[int, int, int]) -> None:
    half = photo.rgb.copy()
    start = half.shape[0] // 2 // 16 * 16
    half[start:] = colour
    verdict = judge(Edit("admit", half, half))
    (reason,) = [reason for reason in verdict.reasons if reason.reading == "flat_tail"]
    assert reason.where == (0, start, half.shape[1], half.shape[0] - start)


def test_swapped_channels_are_flagged(textured: Rgb) -> None:
    swapped = np.ascontiguousarray(textured[..., ::-1])
    assert "file_truth.swap_gain" in reasons(Edit("deliver", textured, swapped))


def test_a_shifted_file_is_flagged(textured: Rgb) -> None:
    assert "file_truth.file_shift" in reasons(Edit("deliver", textured, np.roll(textured, 1, axis=0)))
