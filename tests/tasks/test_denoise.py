import numpy as np

from line.picture import Edited, Picture
from models.non_local_means import NonLocalMeans
from tasks.denoise import denoise


def photo(deviation: float) -> Picture:
    rows, columns = np.mgrid[0:200, 0:240].astype(np.float32)
    luma = 120 + 40 * np.sin(rows / 60) + 30 * np.cos(columns / 80)
    drawn = np.random.default_rng(3).normal(0, deviation, (200, 240, 3))
    return Picture("a.jpg", np.clip(luma[..., None] + drawn, 0, 255).astype(np.uint8))


def test_a_noisy_photo_is_worked_on_and_a_clean_one_is_the_very_same() -> None:
    noisy, clean = denoise.function([photo(9), photo(1)], NonLocalMeans())
    assert isinstance(noisy, Edited)
    assert isinstance(clean, Edited)
    assert noisy.readings["noise"] > 5 > 2.5 > clean.readings["noise"]
    assert noisy.picture.rgb[50:150, 50:150].std() < photo(9).rgb[50:150, 50:150].std()
    assert np.array_equal(clean.picture.rgb, photo(1).rgb)


def test_how_much_noise_is_borne_is_the_recipes() -> None:
    given = photo(9)
    (left,) = denoise.function([given], NonLocalMeans(), above=50.0)
    assert isinstance(left, Edited)
    assert left.picture.rgb is given.rgb
