"""What goes wrong between the finished picture and the file that ships."""

from training.gates.defects import defect as d
from training.gates.defects.defect import Defect, whole

DEFECTS = (
    Defect("file blurred", "deliver", whole(d.blur), span=(0.3, 5)),
    Defect("file squeezed", "deliver", whole(d.blocks), span=(70, 3)),
    Defect("file shifted", "deliver", whole(d.moved), units=(0.5, 1, 4)),
    Defect("file stretched", "deliver", whole(d.stretched), units=(1, 3, 8)),
    Defect("file cropped", "deliver", whole(d.cropped), units=(1, 3, 8)),
    Defect("channels swapped", "deliver", whole(d.swapped), span=(0.02, 1.0)),
    Defect("half a picture grey", "deliver", whole(d.half_grey), units=(0.06, 0.25, 0.5), always=True),
    Defect("white ground greyed", "deliver", whole(d.greyed_ground), span=(1, 60)),
    Defect("file contrast washed", "deliver", whole(d.washed), span=(0.02, 0.9)),
    Defect("file hue turned", "deliver", whole(d.hue), units=(3, 5, 8)),
    Defect("file of a cast", "deliver", whole(d.cast), span=(1, 60)),
    Defect("file banding", "deliver", whole(d.banding), units=(8, 16, 32)),
    Defect("file gradients in bands", "deliver", whole(d.bands), span=(1, 96)),
    Defect("file noise", "deliver", whole(d.noise), span=(1, 60)),
    Defect("file oversharpened", "deliver", whole(d.oversharpened), span=(0.1, 5)),
    Defect("file of the wrong image", "deliver", whole(d.wrong), span=(0.02, 1)),
)
