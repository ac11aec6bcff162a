"""Strings made up at random: what shops, cameras, vendors and packages write, in many writing systems."""

from collections.abc import Callable

import numpy as np

Random = np.random.Generator

LANGUAGES: dict[str, tuple[str, float]] = {
    "latin": ("de", 8.0),
    "chinese": ("zh-cn", 4.0),
    "cyrillic": ("ru", 2.0),
    "arabic": ("ar", 1.2),
    "japanese": ("ja", 1.5),
    "korean": ("ko", 1.2),
    "thai": ("th", 0.8),
    "devanagari": ("hi", 0.8),
    "greek": ("el", 0.6),
    "hebrew": ("he", 0.6),
    "bengali": ("bn", 0.4),
    "tamil": ("ta", 0.4),
    "georgian": ("ka", 0.3),
    "vietnamese": ("vi", 0.8),
}
"""fontconfig's language and how often a writing system is drawn."""

ONSETS = "b|bl|br|c|ch|cl|cr|d|dr|f|fl|fr|g|gl|gr|h|j|k|kr|l|m|n|p|pl|pr|r|s|sh|sk|sp|st|str|t|tr|v|w|z"
NUCLEI = "a|e|i|o|u|ai|au|ea|ee|ie|io|oo|ou|y"
CODAS = ("", "", "", "n", "r", "s", "t", "l", "m", "nd", "ng", "nt", "rk", "st", "x", "ck", "d")
RANGES: dict[str, str] = {
    "cyrillic": "абвгдежзиклмнопрстуфхцчшщыьэюя",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "thai": "กขคงจชซญดตถทนบปผพฟมยรลวสหอ",
    "devanagari": "कखगघचजटडतथदधनपफबभमयरलवशसह",
    "bengali": "কখগঘচজটডতথদধনপফবভমযরলশসহ",
    "tamil": "கஙசஞடணதநபமயரலவழளறன",
    "georgian": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
}
MARKS: dict[str, str] = {
    "thai": "ะาิีึืุู่้เแโ",
    "devanagari": "ािीुूेैोौं",
    "bengali": "ািীুূেৈোৌ",
    "tamil": "ாிீுூெேைொோ",
}
WORDS = (
    "SALE|NEW|HOT|TOP|BEST|FREE|OFF|ONLY|NOW|PRO|MAX|PLUS|ORIGINAL|OFFICIAL|STORE|SHOP|SHIPPING|"
    "DELIVERY|PREMIUM|QUALITY|LIMITED|OFFER|DEAL|COTTON|WATERPROOF|STOCK|SIZE|COLOR|EDITION|BRAND|"
    "GIFT|WARRANTY|Angebot|Neu|Rabatt|Versand|kostenlos|Qualität|Größe|Preis|nur|heute|Nouveau|"
    "Soldes|Livraison|gratuite|Oferta|Nuevo|Envío|gratis|Calidad|Precio|Sconto|Spedizione|Nowość|"
    "Promocja|Wysyłka|Indirim|Kargo|promo|termurah|ready|diskon|giảm|giá|miễn|phí"
)
NATIVE: dict[str, str] = {
    "chinese": "正品保证|全国包邮|限时特价|新款上市|买一送一|厂家直销|七天无理由退换|热卖|爆款|现货|实拍",
    "cyrillic": "СКИДКА|Бесплатная доставка|Новинка|Хит продаж|Цена|руб|Распродажа|Качество|Гарантия|Размер",
    "arabic": "تخفيضات كبيرة|شحن مجاني|عرض خاص|جودة عالية|جديد|الأصلي|ريال",
    "japanese": "送料無料|新品|限定|数量限定|即日発送|おすすめ|セール|半額|ポイント倍|高品質|日本製",
    "korean": "무료배송|신상품|특가|할인|정품|베스트|당일발송|한정판|최저가|공식",
    "thai": "ลดราคา|ส่งฟรี|ของแท้|ใหม่|โปรโมชั่น|ราคาพิเศษ",
    "devanagari": "मुफ़्त शिपिंग|छूट|नया|विशेष ऑफर|गुणवत्ता",
    "hebrew": "מבצע|משלוח חינם|חדש|מקורי",
    "greek": "ΠΡΟΣΦΟΡΑ|ΝΕΟ|Δωρεάν αποστολή|ΕΚΠΤΩΣΗ",
    "vietnamese": "Giảm giá sốc|Miễn phí vận chuyển|Hàng chính hãng|Mới về|Khuyến mãi",
}
"""Expressions that shops use, by writing system."""
PHONES = "MI 9|MI NOTE 10|REDMI NOTE 8|POCO F3|HUAWEI P30|HONOR 20|realme 7|vivo V17|OPPO Reno"
CAMERAS = "AI DUAL CAMERA|AI TRIPLE CAMERA|LEICA DUAL CAMERA|MI DUAL CAMERA|48MP AI QUAD CAMERA"
CURRENCIES = ("$", "€", "£", "¥", "￥", "₽", "₹", "zł", "₩", "฿", "R$", "RM", "Rp", "CHF ")


def pick(rng: Random, choices: str) -> str:
    """One of the strings that ``|`` stands between."""
    every = choices.split("|")
    return every[rng.integers(len(every))]


def word(rng: Random, script: str) -> str:
    """One made-up word of a writing system."""
    if script in ("latin", "vietnamese"):
        return _latin_word(rng)
    if script in ("chinese", "japanese", "korean"):
        return "".join(_ideograph(rng, script) for _ in range(int(rng.integers(1, 6))))
    letters, marks = RANGES[script], MARKS.get(script, "")
    text = ""
    for _ in range(int(rng.integers(2, 8))):
        text += letters[rng.integers(len(letters))]
        if marks and rng.random() < 0.4:
            text += marks[rng.integers(len(marks))]
    return _cased(text, rng) if script in ("cyrillic", "greek") else text


def _latin_word(rng: Random) -> str:
    if rng.random() < 0.3:
        return _cased(pick(rng, WORDS), rng)
    syllables = int(rng.integers(1, 4))
    text = "".join(
        pick(rng, ONSETS) + pick(rng, NUCLEI) + CODAS[rng.integers(len(CODAS))] for _ in range(syllables)
    )
    return _cased(text, rng)


def _cased(text: str, rng: Random) -> str:
    return (text.lower, text.upper, text.capitalize, text.capitalize)[rng.integers(4)]()


def _ideograph(rng: Random, script: str) -> str:
    if script == "korean":  # the 2,350 syllables of KS X 1001
        return bytes((int(rng.integers(0xB0, 0xC9)), int(rng.integers(0xA1, 0xFF)))).decode("euc_kr")
    if script == "japanese" and rng.random() < 0.5:
        return chr(int(rng.integers(0x3042, 0x3094) if rng.random() < 0.5 else rng.integers(0x30A2, 0x30F4)))
    row = int(rng.integers(0xB0, 0xD7))  # the commoner half of GB 2312
    return bytes((row, int(rng.integers(0xA1, 0xFF)))).decode("gb2312")


def phrase(rng: Random, script: str) -> str:
    """One to four words, or an expression that shops of the writing system use."""
    if script in NATIVE and rng.random() < 0.4:
        return pick(rng, NATIVE[script])
    gap = "" if script in ("chinese", "japanese") and rng.random() < 0.7 else " "
    return gap.join(word(rng, script) for _ in range(int(rng.integers(1, 5))))


def _digits(rng: Random, count: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def date(rng: Random) -> str:
    """A date in one of the orders and separators that cameras use."""
    year, month, day = int(rng.integers(1998, 2030)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    separator = str(rng.choice(["/", "-", ".", " "]))
    parts = [f"{year}", f"{month:02}", f"{day:02}"]
    order = rng.integers(4)
    if order == 1:
        parts = parts[::-1]
    elif order == 2:
        parts = [parts[1], parts[2], parts[0]]
    elif order == 3:
        parts = [f"'{year % 100:02}", str(month), str(day)]
        separator = " "
    return separator.join(parts)


def clock(rng: Random) -> str:
    """A time of day."""
    text = f"{rng.integers(0, 24):02}:{rng.integers(0, 60):02}"
    if rng.random() < 0.4:
        text += f":{rng.integers(0, 60):02}"
    return text + (str(rng.choice([" AM", " PM"])) if rng.random() < 0.3 else "")


def moment(rng: Random) -> str:
    """A date, a time of day, or both, now and then with what a trail camera adds."""
    text = " ".join(
        [[date(rng)], [clock(rng)], [date(rng), clock(rng)], [date(rng), clock(rng)]][rng.integers(4)]
    )
    if rng.random() < 0.15:
        text += f"  {rng.integers(-10, 40)}°C {rng.integers(14, 104)}°F"
    return text


def price(rng: Random) -> str:
    """A price."""
    amount = f"{rng.integers(1, 3000)}" + str(rng.choice(["", ".99", ",90", ".00", ",-"]))
    currency = CURRENCIES[rng.integers(len(CURRENCIES))]
    return currency + amount if rng.random() < 0.7 else f"{amount} {currency}"


def phone(rng: Random) -> str:
    """A telephone number, with or without a word for it."""
    groups = [_digits(rng, int(rng.integers(2, 5))) for _ in range(int(rng.integers(2, 5)))]
    text = str(rng.choice(["", "+", "0", "("])) + str(rng.choice([" ", "-", ""])).join(groups)
    return str(rng.choice(["", "", "Tel: ", "WhatsApp ", "WeChat:", "电话:", "HP/WA "])) + text


def address(rng: Random) -> str:
    """A web address, a handle, a mail address, or a shop's name with a year."""
    name = "".join(_latin_word(rng).lower() for _ in range(int(rng.integers(1, 3))))
    ending = str(rng.choice([".com", ".de", ".ru", ".cn", ".co.uk", ".shop", ".net", ".id", ".vn"]))
    return (
        f"www.{name}{ending}",
        f"{name}{ending}",
        f"@{name}",
        f"info@{name}{ending}",
        f"© {name} {rng.integers(2005, 2030)}",
        f"{name}{ending}/{_digits(rng, 4)}",
        f"#{name}",
        f"{name.capitalize()}®",
        f"{name.upper()}™",
    )[rng.integers(9)]


def discount(rng: Random) -> str:
    """A discount or another short shout."""
    number = int(rng.integers(1, 20)) * 5
    shouts = ("SALE", "NEW", "HOT", "TOP", "2+1", "1+1", "NEW!", "BEST", "HIT", f"{rng.integers(1, 10)}折")
    figures = (f"-{number}%", f"{number}% OFF", f"{number}%", f"x{rng.integers(2, 20)}", f"{number} pcs")
    return (shouts + figures)[rng.integers(len(shouts) + len(figures))]


def measure(rng: Random) -> str:
    """A size or a figure as data sheets give it."""
    number = f"{rng.integers(1, 900)}"
    unit = ("cm", "mm", "g", "mAh", "W", "ml", "°", '"')[rng.integers(8)]
    whole = (f"{number} x {rng.integers(1, 900)} cm", "S M L XL", f"No. {number}", f"V{number}")
    return whole[rng.integers(4)] if rng.random() < 0.4 else f"{number} {unit}"


def shot_on(rng: Random) -> tuple[str, str]:
    """The two lines that a phone writes into its photos."""
    model = pick(rng, PHONES)
    if rng.random() < 0.4:
        model = f"{_latin_word(rng).upper()} {_digits(rng, 2)}"
    second = pick(rng, CAMERAS)
    if rng.random() < 0.3:
        second = moment(rng)
    return str(rng.choice(["SHOT ON ", "Shot on ", ""])) + model, second


CATALOGUE: tuple[Callable[[Random], str], ...] = (price, phone, address, discount, measure, moment)


def line(rng: Random, script: str, *, mixed: bool = True) -> str:
    """One line of any sort; ``mixed`` where its font holds digits and Latin letters too."""
    if rng.random() < 0.35:
        return CATALOGUE[rng.integers(len(CATALOGUE))](rng)
    text = phrase(rng, script)
    if mixed and rng.random() < 0.15:
        text += " " + CATALOGUE[rng.integers(len(CATALOGUE))](rng)
    return text
