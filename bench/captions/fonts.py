"""The fonts of Debian packages that overlays are drawn with."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import ImageFont

ROOT = Path("/usr/share/fonts")
LATIN = {
    "fonts-dejavu-core": ["truetype/dejavu/DejaVuSans-Bold.ttf", "truetype/dejavu/DejaVuSerif.ttf"],
    "fonts-liberation": [
        "truetype/liberation/LiberationSans-Regular.ttf",
        "truetype/liberation/LiberationSans-Bold.ttf",
        "truetype/liberation/LiberationSerif-BoldItalic.ttf",
    ],
    "fonts-lato": ["truetype/lato/Lato-Regular.ttf", "truetype/lato/Lato-Black.ttf"],
    "fonts-open-sans": ["truetype/open-sans/OpenSans-Semibold.ttf", "truetype/open-sans/OpenSans-Light.ttf"],
    "fonts-roboto-unhinted": ["truetype/roboto/unhinted/RobotoTTF/Roboto-Bold.ttf"],
}
MONO = {"fonts-liberation": ["truetype/liberation/LiberationMono-Bold.ttf"]}
CHINESE = {"fonts-wqy-microhei": ["truetype/wqy/wqy-microhei.ttc"]}
ARABIC = {"fonts-hosny-amiri": ["opentype/fonts-hosny-amiri/Amiri-Bold.ttf"]}
CYRILLIC = {
    "fonts-dejavu-core": ["truetype/dejavu/DejaVuSans-Bold.ttf"],
    "fonts-liberation": ["truetype/liberation/LiberationSans-Bold.ttf"],
    "fonts-open-sans": ["truetype/open-sans/OpenSans-Semibold.ttf"],
}


@dataclass(frozen=True)
class Script:
    """A way of writing: its captions and the fonts that hold its letters."""

    name: str
    fonts: dict[str, list[str]]
    texts: tuple[str, ...]

    def paths(self) -> list[Path]:
        return [ROOT / name for names in self.fonts.values() for name in names]


SCRIPTS = (
    Script(
        "latin",
        LATIN,
        ("SALE -50%", "Free shipping", "NEW", "Best price €19.99", "100% Cotton", "HOT DEAL!", "$12.50",
         "Official Store", "www.myshop.example", "2 pcs / set", "Waterproof 5000mAh", "Limited offer",
         "Buy 1 get 1", "Size: 40 x 60 cm", "High quality", "In stock", "Premium Edition 2024"),
    ),
    Script("chinese", CHINESE,
           ("正品保证", "全国包邮", "限时特价", "新款上市", "买一送一 ¥99", "厂家直销 支持退换")),
    Script("arabic", ARABIC, ("تخفيضات كبيرة", "شحن مجاني", "عرض خاص", "جودة عالية")),
    Script("cyrillic", CYRILLIC,
           ("СКИДКА 30%", "Бесплатная доставка", "Новинка", "Хит продаж", "Цена 990 руб.")),
)  # fmt: skip


def lacking() -> list[str]:
    """Debian packages without which the benchmark cannot draw."""
    packages = [(package, names) for script in SCRIPTS for package, names in script.fonts.items()]
    packages += list(MONO.items())
    absent = {package for package, names in packages if not all((ROOT / name).is_file() for name in names)}
    return sorted(absent)


@cache
def font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)
