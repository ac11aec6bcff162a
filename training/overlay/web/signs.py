"""Signs without letters as SVG: icons, logos, monograms, codes, arrows."""

import html
import math

from training.overlay.drawing import strings
from training.overlay.web.style import Style

ICONS = (
    "M6 2h4l2 6-3 2a12 12 0 0 0 5 5l2-3 6 2v4a3 3 0 0 1-3 3A17 17 0 0 1 3 5a3 3 0 0 1 3-3z",
    "M12 21s-9-6-9-12a5 5 0 0 1 9-3 5 5 0 0 1 9 3c0 6-9 12-9 12z",
    "M12 2l3 7 7 .6-5.300 4.700 1.600 7.200L12 17.700 5.700 21.500l1.600-7.200L2 9.600 9 9z",
    "M2 5h20v14H2zM2 5l10 8L22 5",
    "M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7zm0 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
    "M3 13l6 6L21 5",
    "M7 2h10a5 5 0 0 1 5 5v10a5 5 0 0 1-5 5H7a5 5 0 0 1-5-5V7a5 5 0 0 1 5-5zm5 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
    "M2 6h12v10H2zM14 9h5l3 4v3h-8zM6 16a2 2 0 1 0 .1 4 2 2 0 0 0-.1-4zM18 16a2 2 0 1 0 .1 4 2 2 0 0 0-.1-4z",
    "M3 3h3l3 12h10l3-9H7M10 19a1.500 1.500 0 1 0 .1 0zM18 19a1.500 1.500 0 1 0 .1 0z",
    "M12 2l9 4v6c0 5-4 9-9 10-5-1-9-5-9-10V6z",
    "M13 2L4 14h7l-1 8 9-12h-7z",
    "M4 20c0-9 7-16 16-16 0 9-7 16-16 16zM4 20L14 10",
)
"""Outlines of icons within 24 by 24 units."""


def icon(style: Style, side: int, tint: str) -> str:
    """An icon, filled or in outline."""
    fill, line = ("none", tint) if style.chance(0.5) else (tint, "none")
    return (
        f"<svg width={side} height={side} viewBox='-1 -1 26 26' fill='{fill}' stroke='{line}' "
        f"stroke-width='{style.uniform(0.8, 2.6):.1f}' style='flex:none'><path d='{style.any_of(ICONS)}'/></svg>"
    )


def icons(style: Style) -> str:
    """One icon, or a row of them with a few letters below each."""
    tint, side = style.hue(), style.whole(40, 130)
    if style.chance(0.4):
        return (
            f"<div class=i style='opacity:{style.opacity(0.4)};{style.turn(0.2)}'>"
            f"{icon(style, 2 * side, tint)}</div>"
        )
    cells = "".join(
        f"<div style='text-align:center'>{icon(style, side, tint)}<div>{style.text(7)}</div></div>"
        for _ in range(style.whole(2, 4))
    )
    return f'<div class=i style="display:flex;gap:20px;color:{tint};{style.font(13, 22)}">{cells}</div>'


def _blob(style: Style, side: int) -> str:
    points = style.whole(3, 9)
    places = []
    for number in range(points):
        turn, far = 2 * math.pi * number / points, side / 2 * style.uniform(0.45, 1)
        places.append((side / 2 + far * math.cos(turn), side / 2 + far * math.sin(turn)))
    if style.chance(0.4):
        return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in places) + "Z"
    path = f"M{places[0][0]:.0f} {places[0][1]:.0f}"
    for number in range(points):
        x, y = places[(number + 1) % points]
        path += f"Q{style.uniform(0, side):.0f} {style.uniform(0, side):.0f} {x:.0f} {y:.0f}"
    return path + "Z"


def _shape(style: Style, side: int) -> str:
    half, tint = side / 2, style.hue()
    paint = f"fill='{tint}'" if style.chance(0.5) else (
        f"fill=none stroke='{tint}' stroke-width='{style.uniform(1, side / 14):.1f}'"
    )  # fmt: skip
    sort = style.whole(0, 5)
    if sort == 0:
        return f"<circle cx={half} cy={half} r='{half * style.uniform(0.3, 0.92):.0f}' {paint}/>"
    if sort == 1:
        inset = side * style.uniform(0.05, 0.3)
        return (
            f"<rect x='{inset:.0f}' y='{inset:.0f}' width='{side - 2 * inset:.0f}' height='{side - 2 * inset:.0f}' "
            f"rx='{style.uniform(0, side / 4):.0f}' transform='rotate({style.any_of((0, 45, 20))} {half} "
            f"{half})' {paint}/>"
        )
    if sort == 2:
        return "".join(
            f"<ellipse cx={half} cy='{half * 0.55:.0f}' rx='{half * 0.16:.0f}' ry='{half * 0.42:.0f}' "
            f"transform='rotate({turn} {half} {half})' {paint}/>"
            for turn in range(0, 360, style.any_of((45, 60, 72, 90)))
        )
    return f"<path d='{_blob(style, side)}' {paint}/>"


def sign(style: Style, side: int) -> str:
    """A made-up logo's sign: figures, now and then with initials."""
    shapes = "".join(_shape(style, side) for _ in range(style.whole(1, 3)))
    initials = ""
    if style.chance(0.45):
        letters = html.escape(strings.word(style.rng, style.script)[: style.whole(1, 2)])
        initials = (
            f"<text x='50%' y='50%' text-anchor=middle dominant-baseline=central fill='{style.hue()}' "
            f'style="{style.font(side // 3, side // 2)}">{letters}</text>'
        )
    return f"<svg width={side} height={side} style='flex:none;overflow:visible'>{shapes}{initials}</svg>"


def logo(style: Style) -> str:
    """A sign with a name beside or below it, or alone."""
    side = style.whole(60, 220)
    way = style.any_of(("row", "column", "none"))
    name = style.text(14) if way != "none" else ""
    tagline = (
        f"<div style='font-size:.4em;letter-spacing:.15em'>{style.text(20)}</div>"
        if style.chance(0.3)
        else ""
    )
    words = (
        f'<div style="{style.font(24, 60, name, 340)}{style.looks()}">{name}{tagline}</div>' if name else ""
    )
    return (
        f"<div class=i style='display:flex;flex-direction:{'row' if way == 'none' else way};"
        "align-items:center;gap:12px;"
        f"opacity:{style.opacity(0.4)};{style.turn(0.2, 40)}'>{sign(style, side)}{words}</div>"
    )


def ring(style: Style) -> str:
    """Thin pale rings and outlines with hardly anything in them."""
    side, tint = style.whole(120, 420), style.any_of(("#fff", "#ddd", "#aaa", style.hue(low=60)))
    width = style.uniform(0.8, 5)
    inner = "".join(
        f"<circle cx={side / 2} cy={side / 2} r='{side * style.uniform(0.1, 0.48):.0f}'/>"
        for _ in range(style.whole(1, 3))
    )
    dash = f"stroke-dasharray='{style.whole(2, 14)} {style.whole(2, 10)}'" if style.chance(0.25) else ""
    path = f"<path d='{_blob(style, side)}'/>" if style.chance(0.5) else ""
    return (
        f"<svg class=i width={side} height={side} fill=none stroke='{tint}' stroke-width='{width:.1f}' {dash} "
        f"style='opacity:{style.uniform(0.25, 1):.2f};overflow:visible'>{inner}{path}</svg>"
    )


def code(style: Style) -> str:
    """Squares like those of a QR code, or bars, on their ground."""
    ink = style.any_of(("#000", "#000", style.hue(low=5, high=35)))
    if style.chance(0.3):
        bars, x = "", 12
        while x < 250:
            bars += f"<rect x={x} y=8 width={style.whole(1, 6)} height=90 fill='{ink}'/>"
            x += style.whole(5, 11)
        number = style.whole(10**11, 10**12)
        return (
            "<svg width=270 height=130><rect class=ps width=270 height=130 fill='#fff'/>"
            f"<g class=i>{bars}<text x=135 y=120 text-anchor=middle font-family=monospace font-size=20>"
            f"{number}</text></g></svg>"
        )
    count, step = style.any_of((21, 25, 29)), 9
    side = (count + 4) * step
    eye = (
        "<rect width=63 height='63'/><rect x=9 y=9 width=45 height=45 fill='#fff'/><rect x=18 y=18 "
        "width=27 height='27'/>"
    )
    far = (count - 7) * step
    places = ((0, 0), (far, 0), (0, far))
    dots = "".join(
        f"<rect x={x * step} y={y * step} width={step} height='{step}'/>"
        for x in range(count)
        for y in range(count)
        if style.chance(0.5)
        and not any(ex <= x * step + 9 < ex + 82 and ey <= y * step + 9 < ey + 82 for ex, ey in places)
    )
    eyes = "".join(f"<g transform='translate({x} {y})'>{eye}</g>" for x, y in places)
    return (
        f"<svg width={side} height={side}><rect class=ps width={side} height={side} fill='#fff'/>"
        f"<g class=i fill='{ink}' transform='translate(18 18)'>{dots}{eyes}</g></svg>"
    )


def arrow(style: Style) -> str:
    """A bent arrow, a circle drawn round something, or a dimension line with its figure."""
    tint, width, side = style.hue(), style.uniform(2, 12), style.whole(180, 480)
    x, y = style.uniform(0.1, 0.9) * side, style.uniform(0.1, 0.9) * side
    sort = style.whole(0, 2)
    if sort == 0:
        tip = 3 * width
        turn = math.degrees(math.atan2(0.8 * side - y, 0.85 * side - x))
        return (
            f"<svg class=i width={side} height={side} style='overflow:visible;{style.turn(0.6, 180)}'>"
            f"<path d='M{0.1 * side:.0f} {0.15 * side:.0f}Q{x:.0f} {y:.0f} {0.85 * side:.0f} {0.8 * side:.0f}' "
            "fill=none "
            f"stroke='{tint}' stroke-width='{width:.1f}' stroke-linecap=round/>"
            f"<path d='M{tip} 0L{-tip} {-tip}L{-tip / 2} 0L{-tip} {tip}Z' fill='{tint}' "
            f"transform='translate({0.85 * side:.0f} {0.8 * side:.0f}) rotate({turn:.0f})'/></svg>"
        )
    if sort == 1:
        return (
            f"<svg class=i width={side} height={side}><ellipse cx='50%' cy='50%' rx='{side * 0.45:.0f}' "
            f"ry='{side * style.uniform(0.2, 0.45):.0f}' fill=none stroke='{tint}' stroke-width='{width:.1f}'/></svg>"
        )
    thin, middle, end = width / 3, 30, side - 6
    return (
        f"<svg class=i width={side} height=60 style='{style.turn(0.5, 90)}' fill='{tint}' stroke='{tint}' "
        f"stroke-width='{thin:.1f}'>"
        f"<path d='M6 {middle}H{end}M6 14V46M{end} 14V46M6 {middle}l14-6v12zM{end} {middle}l-14-6v12z'/>"
        f'<text x={side / 2} y=20 text-anchor=middle stroke=none style="{style.font(14, 22)}">'
        f"{html.escape(strings.measure(style.rng))}</text></svg>"
    )


def emoji(style: Style) -> str:
    """One to five emoji in a row or strewn."""
    every = "🔥⭐🎁💯✨🎉🛒🚚✅❌💥🌟👑🌸🍎⚡💎📦📞➡🆕🆓🔝🌈🦄🤩😎👉💰⏰🍀🎈🐾🧸👗👟🛍️🥇🏆📣🎀🌿☀️❄️💧🕶️"
    letters = "".join(
        f"<span style='display:inline-block;{style.turn(0.5, 40)}'>{style.any_of(tuple(every))}</span>"
        for _ in range(style.whole(1, 5))
    )
    return f"<div class=i style='font-size:{style.whole(40, 130)}px;max-width:540px'>{letters}</div>"
