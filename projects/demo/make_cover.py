"""Draw the cover of the demo album: a ferry at night, its lights on the water.

python make_cover.py [FILE]       FILE is cover.png beside this file unless given
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = 1500
HORIZON = 930
SKY_TOP, SKY_LOW, SEA, HULL, LAMP = "#0b1626", "#31506b", "#0d1d2d", "#060c14", "#ffcf7a"


def main(file: Path) -> None:
    rng = np.random.default_rng(14)
    cover = Image.new("RGB", (SIZE, SIZE), SEA)
    brush = ImageDraw.Draw(cover)
    draw_sky(cover, brush, rng)
    draw_ferry(brush)
    draw_reflections(brush, rng)
    draw_words(brush)
    cover.save(file, optimize=True)


def draw_sky(cover: Image.Image, brush: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    dusk = Image.linear_gradient("L").resize((SIZE, HORIZON))
    cover.paste(Image.new("RGB", dusk.size, SKY_TOP))
    cover.paste(Image.new("RGB", dusk.size, SKY_LOW), mask=dusk)
    for x, y, radius in zip(
        rng.integers(0, SIZE, 90), rng.integers(0, 620, 90), rng.integers(1, 4, 90), strict=True
    ):
        brush.circle((x, y), radius, fill="#9fb4c6")
    brush.circle((1160, 300), 88, fill="#e9e2cf")


def draw_ferry(brush: ImageDraw.ImageDraw) -> None:
    brush.polygon([(250, 850), (1270, 850), (1200, HORIZON + 22), (320, HORIZON + 22)], fill=HULL)
    brush.rectangle((360, 770, 1130, 850), fill=HULL)
    brush.rectangle((470, 700, 960, 770), fill=HULL)
    brush.polygon([(600, 590), (700, 590), (715, 700), (585, 700)], fill=HULL)
    for x in range(400, 1100, 50):
        brush.rectangle((x, 798, x + 24, 822), fill=LAMP)
    for x in range(505, 930, 50):
        brush.rectangle((x, 724, x + 24, 746), fill=LAMP)


def draw_reflections(brush: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Broken streaks below each window of the car deck, and below the moon; wider towards the viewer."""
    for centre, colour in [*((x + 12, "#8a744c") for x in range(400, 1100, 50)), (1160, "#77797a")]:
        for y in range(HORIZON + 50, 1330, 14):
            spread = 4 + (y - HORIZON) // 30
            x, width = centre + int(rng.normal(0, spread)), int(rng.integers(4, 6 + 2 * spread))
            brush.rectangle((x - width, y, x + width, y + 4), fill=colour)


def draw_words(brush: ImageDraw.ImageDraw) -> None:
    brush.text((100, 90), "NIGHT FERRY", font=ImageFont.load_default(130), fill="#e9e2cf")
    brush.text((106, 250), "The Harbour Lights", font=ImageFont.load_default(58), fill="#9fb4c6")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("cover.png"))
