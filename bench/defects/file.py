"""What goes wrong between the finished picture and the file that ships."""

from bench.defects import defect as d
from bench.defects.defect import Defect, whole

DEFECTS = (
    Defect("file blurred", "deliver", whole(d.blur), (0.7, 1.1, 2.0)),
    Defect("file squeezed", "deliver", whole(d.blocks), (40, 20, 8)),
    Defect("file shifted", "deliver", whole(d.moved), (0.5, 1, 4)),
    Defect("file stretched", "deliver", whole(d.stretched), (1, 3, 8)),
    Defect("channels swapped", "deliver", whole(d.swapped), (0.15, 0.4, 1.0)),
    Defect("half a picture grey", "deliver", whole(d.half_grey), (0.06, 0.25, 0.5), always=True),
    Defect("file contrast washed", "deliver", whole(d.washed), (0.93, 0.85, 0.6)),
    Defect("file hue turned", "deliver", whole(d.hue), (3, 5, 8)),
    Defect("file of a cast", "deliver", whole(d.cast), (4, 8, 16)),
    Defect("file banding", "deliver", whole(d.banding), (8, 16, 32)),
    Defect("file noise", "deliver", whole(d.noise), (4, 8, 16)),
    Defect("file oversharpened", "deliver", whole(d.oversharpened), (0.6, 1.2, 2.5)),
    Defect("file of the wrong image", "deliver", whole(d.wrong), (0.15, 0.5, 1.0)),
)
