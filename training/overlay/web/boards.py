"""Overlays with panels, in HTML and CSS: badges, ribbons, tags, bars, boxes, frames, tiles."""

import html
import math

from training.overlay.drawing import strings
from training.overlay.web.signs import icon, sign
from training.overlay.web.style import Style

SIDE = 560
"""Side of what fills a whole cell (pixels)."""


def _shout(style: Style) -> str:
    return html.escape(strings.discount(style.rng)) if style.chance(0.6) else style.text(9)


def badge(style: Style) -> str:
    """A disc, pill or box with a gradient, a rim within it, and one or two short lines."""
    ground, ink = style.pair()
    side = style.whole(110, 260)
    text = _shout(style)
    below = f"<div style='font-size:.5em'>{style.text(10)}</div>" if style.chance(0.4) else ""
    fill = ground if style.chance(0.6) else style.gradient()
    rim = (
        f"outline:{style.whole(1, 4)}px {style.any_of(('solid', 'dashed', 'dotted', 'double'))} {ink};"
        f"outline-offset:-{style.whole(6, 12)}px;"
    )
    shade = "box-shadow:2px 4px 10px #0007;" if style.chance(0.4) else ""
    high = side if style.chance(0.6) else side // 2
    return (
        f'<div class=p style="width:{side}px;height:{high}px;background:{fill};color:{ink};'
        f"{rim if style.chance(0.4) else ''}"
        f"{shade}border-radius:{style.any_of((0, 12, 999))}px;display:flex;align-items:center;justify-content:center;"
        f'text-align:center;opacity:{style.opacity(0.15)};{style.turn(0.4, 30)}">'
        f'<div class=i style="{style.font(20, 70, text, side - 30)}line-height:1.05;color:{ink}">'
        f"{text}{below}</div></div>"
    )


def starburst(style: Style) -> str:
    """A star of many points with a shout on it."""
    ground, ink = style.pair()
    side, points, depth = style.whole(120, 280), style.whole(5, 28), style.uniform(0.6, 0.93)
    corners = []
    for number in range(2 * points):
        turn, far = math.pi * number / points, 50 if number % 2 == 0 else 50 * depth
        corners.append(f"{50 + far * math.cos(turn):.1f}% {50 + far * math.sin(turn):.1f}%")
    text = _shout(style)
    return (
        f'<div class=p style="width:{side}px;height:{side}px;'
        f"background:{ground if style.chance(0.6) else style.gradient()};"
        f"clip-path:polygon({','.join(corners)});display:flex;align-items:center;justify-content:center;"
        f'{style.turn(0.6, 25)}"><div class=i '
        f'style="{style.font(24, 70, text, int(side * 0.7))}color:{ink}">{text}</div></div>'
    )


def ribbon(style: Style) -> str:
    """A band across a corner, or a ribbon with folded or cut ends."""
    ground, ink = style.pair()
    text = _shout(style)
    if style.chance(0.4):
        turned, side = style.any_of((-45, 45)), style.whole(180, 300)
        return (
            f'<div style="width:{side}px;height:{side}px;overflow:hidden;position:relative">'
            f'<div class=p style="position:absolute;left:-20%;top:34%;width:140%;padding:.25em 0;text-align:center;'
            f'background:{ground};transform:rotate({turned}deg);{style.font(18, 44, text, side - 60)}">'
            f"<span class=i style='color:{ink}'>{text}</span></div></div>"
        )
    notch = style.whole(8, 24)
    shape = style.any_of(
        (
            f"polygon(0 0,100% 0,calc(100% - {notch}px) 50%,100% 100%,0 100%)",
            f"polygon(0 0,100% 0,calc(100% - {notch}px) 50%,100% 100%,0 100%,{notch}px 50%)",
            f"polygon({notch}px 0,100% 0,100% 100%,{notch}px 100%,0 50%)",
        )
    )
    return (
        f'<div class=p style="background:{ground if style.chance(0.7) else style.gradient()};clip-path:{shape};'
        f'padding:.35em 1.3em;{style.font(20, 60, text, 420)}{style.turn(0.3, 20)}">'
        f'<span class=i style="color:{ink}">{text}</span></div>'
    )


def box(style: Style) -> str:
    """A rounded panel, solid, see-through or in outline, with a title and a list."""
    ground, ink = style.pair()
    text = style.text(18)
    rows = "".join(
        f"<div style='display:flex;gap:.4em;align-items:center'>{icon(style, 22, ink) if style.chance(0.6) else ''}"
        f"{style.text(22)}</div>"
        for _ in range(style.whole(0, 4))
    )
    panel = f"background:{ground if style.chance(0.7) else style.gradient()};opacity:{style.opacity(0.4)};"
    if style.chance(0.2):
        panel = f"border:{style.whole(1, 6)}px {style.any_of(('solid', 'dashed', 'double'))} {style.hue()};"
    return (
        f'<div class=p style="{panel}border-radius:{style.whole(0, 30)}px;padding:{style.whole(6, 26)}px '
        f"{style.whole(10, 34)}px;"
        f'{style.turn(0.1, 15)}"><div class=i style="color:{ink};{style.font(16, 40, text, 460)}">{text}'
        f"<div style='font-size:.62em;line-height:1.6;font-weight:400'>{rows}</div></div></div>"
    )


def bar(style: Style) -> str:
    """A strip as wide as the photo, solid or see-through, with texts at both ends or one in the middle."""
    ground, ink = style.pair()
    way = style.any_of(("space-between", "center", "flex-start", "flex-end"))
    texts = [style.text(16) for _ in range(2 if way == "space-between" else 1)]
    fill = style.any_of((ground, ground, style.gradient(), f"linear-gradient(90deg,{ground},transparent)"))
    high = style.whole(24, 110)
    inner = "".join(f"<span>{text}</span>" for text in texts)
    lead = icon(style, high // 2, ink) if style.chance(0.4) else ""
    return (
        f'<div class=p style="width:{SIDE}px;height:{high}px;background:{fill};'
        f"opacity:{style.opacity(0.35)};display:flex;"
        f'align-items:center"><div class=i style="flex:1;display:flex;justify-content:{way};gap:1em;'
        "align-items:center;padding:0 14px;"
        f'color:{ink};white-space:nowrap;{style.font(12, max(13, high * 2 // 3), " ".join(texts), 500)}">'
        f"{lead}{inner}</div></div>"
    )


def grid(style: Style) -> str:
    """A faint text or sign, repeated all over, upright or slanted."""
    text = style.text(16)
    tint = style.any_of(("#fff", "#fff", "#ccc", "#000", style.hue()))
    look = style.font(14, 40, text, 260) + (
        f"fill:none;stroke:{tint};stroke-width:{style.uniform(0.6, 1.6):.1f};"
        if style.chance(0.35)
        else f"fill:{tint};"
    )
    wide, high = max(90, len(text) * style.whole(12, 24)), style.whole(50, 190)
    name = f"g{style.whole(0, 10**9)}"
    mark = sign(style, min(high, 70)) if style.chance(0.25) else ""
    return (
        f"<svg class=i width={SIDE} height={SIDE} style='opacity:{style.uniform(0.14, 0.55):.2f}'><defs>"
        f"<pattern id={name} "
        f"width={wide} height={high} patternUnits=userSpaceOnUse "
        f"patternTransform='rotate({style.any_of((0, -30, 30, -45, 45, -20))})'>"
        f'<text x=4 y="{high * 0.6:.0f}" style="{look}">{text}</text>{mark if wide > 140 else ""}</pattern></defs>'
        f"<rect width={SIDE} height={SIDE} fill='url(#{name})'/></svg>"
    )


def crossed(style: Style) -> str:
    """Thin pale lines from corner to corner or a net, with a name in the middle, as agencies mark previews."""
    tint, width = style.any_of(("#fff", "#fff", "#ddd", "#555")), style.uniform(0.8, 3)
    if style.chance(0.6):
        paths = f"M0 0L{SIDE} {SIDE}M{SIDE} 0L0 {SIDE}"
    else:
        step = style.whole(70, 190)
        paths = "".join(f"M{x} 0L{x + SIDE} {SIDE}M{x} {SIDE}L{x + SIDE} 0" for x in range(-SIDE, SIDE, step))
    text = html.escape(strings.word(style.rng, "latin"))
    return (
        f"<svg class=i width={SIDE} height={SIDE} style='opacity:{style.uniform(0.15, 0.6):.2f}' "
        f"stroke='{tint}' fill='{tint}'>"
        f"<path d='{paths}' stroke-width='{width:.1f}' fill=none /><text x=50% y=50% text-anchor=middle "
        f'dominant-baseline=central stroke=none style="{style.font(40, 110, text, 440)}">{text}</text></svg>'
    )


def frame(style: Style) -> str:
    """A border round everything: plain, double, dashed, with corners alone, or of a picture's card."""
    tint, width = style.hue(), style.whole(2, 26)
    if style.chance(0.3):
        arm = style.whole(30, 140)
        far = SIDE - 8
        path = (
            f"M8 {arm}V8H{arm}M{far - arm} 8H{far}V{arm}M{far} {far - arm}V{far}H{far - arm}M{arm} "
            f"{far}H8V{far - arm}"
        )
        return (
            f"<svg class=p width={SIDE} height={SIDE}><path class=ps d='{path}' fill=none stroke='{tint}' "
            f"stroke-width={width // 2 + 1} /></svg>"
        )
    kind = style.any_of(("solid", "double", "dashed", "dotted", "ridge", "groove"))
    foot = f"border-bottom-width:{style.whole(30, 90)}px;" if style.chance(0.2) else ""
    return (
        f'<div class=p style="box-sizing:border-box;width:{SIDE}px;height:{SIDE}px;border:{width}px {kind} '
        f"{tint};{foot}"
        f'border-radius:{style.any_of((0, 0, 18, 60))}px"></div>'
    )


def swatches(style: Style) -> str:
    """Tiles of a collage: discs or squares of colour with names, or a table of sizes."""
    ink = style.hue()
    if style.chance(0.5):
        radius = style.any_of((0, 8, 99))
        tiles = "".join(
            f"<div style='text-align:center'><div class=p style='width:64px;height:64px;border-radius:{radius}px;"
            f"background:{style.hue() if style.chance(0.7) else style.gradient()};border:2px solid "
            f"{style.hue()}'></div>"
            f"<div class=i style='color:{ink}'>{style.text(6)}</div></div>"
            for _ in range(style.whole(2, 6))
        )
        return f'<div style="display:flex;gap:14px;{style.font(12, 18)}">{tiles}</div>'
    cell = f"border:1px solid {style.hue()};padding:3px 9px;"
    rows = ""
    for _ in range(style.whole(2, 6)):
        figures = [style.whole(1, 180) for _ in range(4)]
        cells = (
            f"<td class=p style='{cell}'><span class=i style='color:{ink}'>{one}</span></td>"
            for one in figures
        )
        rows += f"<tr>{''.join(cells)}</tr>"
    ground = f"background:{style.pair()[0]};" if style.chance(0.6) else ""
    return f'<table class=p style="{ground}border-collapse:collapse;{style.font(13, 26)}">{rows}</table>'


def bubble(style: Style) -> str:
    """A speech bubble, or a label with a line to a dot."""
    ground, ink = style.pair()
    text = style.text(18)
    if style.chance(0.5):
        return (
            f'<div class=i style="display:flex;align-items:center;color:{ink};{style.font(14, 30, text, 360)}">'
            f"<span style='width:10px;height:10px;border-radius:9px;background:{ink}'></span>"
            f"<span style='width:{style.whole(40, 120)}px;height:2px;background:{ink};margin-right:8px'></span>"
            f"{text}</div>"
        )
    tail = style.whole(10, 80)
    return (
        f'<div class=p style="background:{ground};padding:.5em .9em 1.6em;{style.font(16, 44, text, 420)}'
        f"clip-path:polygon(0 0,100% 0,100% calc(100% - 1.1em),{tail + 12}% calc(100% - 1.1em),{tail}% 100%,"
        f'{tail - 6}% calc(100% - 1.1em),0 calc(100% - 1.1em))"><span class=i style="color:{ink}">{text}</span></div>'
    )
