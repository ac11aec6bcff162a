"""Overlays made of letters, in HTML: what is panel bears the class ``p``, what is ink the class ``i``."""

import html

from training.overlay.drawing import strings
from training.overlay.web.signs import icon
from training.overlay.web.style import Style


def caption(style: Style) -> str:
    """One to three lines, decorated, now and then at an angle."""
    lines = [style.text(24) for _ in range(style.any_of((1, 1, 1, 2, 3)))]
    longest = max(lines, key=len)
    spans = "<br>".join(f"<span style='{style.looks()}'>{line}</span>" for line in lines)
    align, gap = style.any_of(("left", "center", "right")), style.uniform(0.95, 1.6)
    return (
        f'<div class=i style="{style.font(22, 110, longest)}text-align:{align};line-height:{gap:.2f};'
        f'{style.turn(0.25)}">{spans}</div>'
    )


def small_line(style: Style) -> str:
    """A short line in small or thin letters, see-through half of the time, at an angle half of the time."""
    text = style.any_of((style.text(34), html.escape(strings.address(style.rng)), strings.moment(style.rng)))
    thin = "font-weight:300;" if style.chance(0.5) else ""
    shade = "text-shadow:0 1px 2px #0008;" if style.chance(0.3) else ""
    return (
        f'<div class=i style="{style.font(11, 26, text)}{thin}{shade}color:{style.hue()};'
        f'opacity:{style.opacity(0.5)};{style.turn(0.5)}">{text}</div>'
    )


def lines(style: Style) -> str:
    """A paragraph or a list with a sign before every line."""
    texts = [style.text(26) for _ in range(style.whole(2, 6))]
    mark = style.any_of(("", "• ", "✓ ", "★ ", "– ", "① "))
    tint, accent = style.hue(), style.hue()
    rows = "".join(f"<div><span style='color:{accent}'>{mark}</span>{text}</div>" for text in texts)
    head = f"<div style='font-size:1.5em;{style.looks()}'>{style.text(16)}</div>" if style.chance(0.4) else ""
    return (
        f'<div class=i style="{style.font(14, 34, max(texts, key=len))}line-height:{style.uniform(1.1, 1.9):.2f};'
        f'color:{tint};{style.turn(0.08, 12)}">{head}{rows}</div>'
    )


def highlighted(style: Style) -> str:
    """Lines on coloured boxes as wide as each line, as apps for stories set them."""
    ground, ink = style.pair()
    rows = "<br>".join(style.text(20) for _ in range(style.whole(1, 3)))
    return (
        f'<div style="{style.font(20, 56, rows, 800)}text-align:center;line-height:1.5;{style.turn(0.3, 20)}">'
        f'<span class=p style="background:{ground};border-radius:{style.whole(0, 16)}px;padding:.12em .4em;'
        f'box-decoration-break:clone;-webkit-box-decoration-break:clone;opacity:{style.opacity(0.2)}">'
        f"<span class=i style='color:{ink}'>{rows}</span></span></div>"
    )


def price(style: Style) -> str:
    """A price with small cents, an old one struck through, and a discount on a chip."""
    amount, cents = style.whole(1, 2999), f"{style.any_of((99, 95, 90, 50, 0)):02}"
    sign = style.any_of(strings.CURRENCIES)
    ground, ink = style.pair()
    chip = (
        f"<span class=p style='background:{ground};padding:.1em .4em;border-radius:.3em;margin-left:.4em;"
        f"font-size:.4em;vertical-align:middle'><span class=i style='color:{ink}'>"
        f"-{style.whole(1, 18) * 5}%</span></span>"
    )
    old = f"<s style='font-size:.45em;color:{style.hue()}'>{html.escape(strings.price(style.rng))}</s> "
    return (
        f'<div style="{style.font(40, 110, "0" * 9)}{style.turn(0.2, 20)}"><span class=i>'
        f"{old if style.chance(0.7) else ''}"
        f'<span style="{style.looks()}">{sign}{amount}<sup style="font-size:.5em">{cents}</sup></span></span>'
        f"{chip if style.chance(0.5) else ''}</div>"
    )


def camera_stamp(style: Style) -> str:
    """A camera's date with a glow, in digits of segments or of one width."""
    family = style.any_of(
        ("DSEG7 Classic", "DSEG14 Classic", "DejaVu Sans Mono", "Courier New", "monospace", "VT323")
    )
    tint = style.any_of(("#ff8a1f", "#ffb000", "#ff5a1f", "#ffe14a", "#fff", "#9cff6a"))
    glow = f"text-shadow:0 0 {style.whole(2, 10)}px {tint};" if style.chance(0.5) else ""
    rim = "-webkit-text-stroke:1px #0009;" if style.chance(0.2) else ""
    turned = f"transform:rotate({style.any_of((0, 0, 0, 90, 180, 270))}deg);"
    text = html.escape(strings.moment(style.rng))
    return (
        f"<div class=i style=\"font:{style.any_of((400, 700))} {style.whole(14, 40)}px '{family}',monospace;"
        f'color:{tint};{glow}{rim}{turned}">{text}</div>'
    )


def phone_stamp(style: Style) -> str:
    """Two lines that a phone writes, beside its sign of lenses."""
    first, second = (html.escape(text) for text in strings.shot_on(style.rng))
    lens = "".join(
        f"<circle cx='{14 + 20 * number}' cy='20' r='{style.whole(5, 9)}'/>"
        for number in range(style.whole(1, 3))
    )
    sign = f"<svg width=70 height=40 fill=none stroke='#fff' stroke-width='{style.uniform(1, 3):.1f}'>{lens}</svg>"
    turned = f"transform:rotate({style.any_of((0, 0, 0, 90, 270))}deg);"
    return (
        '<div class=i style="display:flex;gap:10px;align-items:center;color:#fff;'
        f"opacity:{style.uniform(0.65, 1):.2f};"
        f'{style.font(16, 34, first, 400)}{turned}">{sign if style.chance(0.8) else ""}<div>{first}'
        f"<div style='font-size:.7em;font-weight:300'>{second}</div></div></div>"
    )


def contact(style: Style) -> str:
    """A telephone number or a handle with its icon, on a pill or bare."""
    ground, ink = style.pair()
    text = html.escape(style.any_of((strings.phone(style.rng), strings.address(style.rng))))
    bare = style.chance(0.5)
    tint = style.hue() if bare else ink
    panel = (
        "" if bare else f"background:{ground};border-radius:{style.any_of((0, 8, 99))}px;padding:.3em .8em;"
    )
    return (
        f'<div class=p style="{panel}{style.font(16, 46, text, 440)}opacity:{style.opacity(0.25)};'
        f'{style.turn(0.15, 30)}"><span class=i style="color:{tint};display:flex;align-items:center;gap:.4em">'
        f"{icon(style, 28, tint)}<span>{text}</span></span></div>"
    )


def agency(style: Style) -> str:
    """A see-through name of an agency in thin outlines or pale letters, with its sign, now and then with lines."""
    name = html.escape(strings.word(style.rng, "latin")) + style.any_of(
        ("", "stock", "images", "photo", ".com")
    )
    pale = style.any_of(("#fff", "#fff", "#eee", "#888", "#000"))
    looks = (
        f"color:transparent;-webkit-text-stroke:{style.uniform(0.7, 1.8):.1f}px {pale};"
        if style.chance(0.4)
        else f"color:{pale};"
    )
    below = f"<div style='font-size:.35em;letter-spacing:.2em'>{style.whole(1000000, 999999999)}</div>"
    return (
        f'<div class=i style="{style.font(34, 90, name)}{looks}opacity:{style.uniform(0.15, 0.6):.2f};'
        f'display:flex;gap:.3em;align-items:center;{style.turn(0.5, 50)}">'
        f"{icon(style, style.whole(40, 90), pale)}<div>{name}{below if style.chance(0.4) else ''}</div></div>"
    )


def seal(style: Style) -> str:
    """Letters round a ring, as stamps and emblems have them, pale or see-through."""
    tint, text = style.hue(), (style.text(22) + " · ") * 2
    radius, width = style.whole(90, 200), style.uniform(1, 6)
    inner = radius * style.uniform(0.6, 0.75)
    middle, most = radius + 20, max(17, min(40, int(5.5 * radius / len(html.unescape(text)))))
    return (
        f"<svg class=i width={2 * middle} height={2 * middle} style='opacity:{style.opacity(0.6)};{style.turn(0.5)}'>"
        f"<g fill=none stroke='{tint}' stroke-width='{width:.1f}'><circle cx={middle} cy={middle} r='{radius}'/>"
        f"<circle cx={middle} cy={middle} r='{inner:.0f}'/></g>"
        + _round(text, middle, (radius + inner) / 2, f"{style.font(16, most)}fill:{tint}")
        + f"<text x={middle} y={middle} fill='{tint}' text-anchor=middle dominant-baseline=central "
        f'style="{style.font(30, 70, "0" * 12, 220)}">{html.escape(strings.discount(style.rng))}</text></svg>'
    )


def _round(text: str, middle: int, radius: float, css: str) -> str:
    steps = max(1, len(text))
    return "".join(
        f"<text transform='rotate({360 * number / steps:.1f} {middle} {middle}) translate({middle} "
        f"{middle - radius:.1f})'"
        f' text-anchor=middle dominant-baseline=central style="{css}">{letter}</text>'
        for number, letter in enumerate(html.unescape(text))
        if letter not in "<>&"
    )
