"""The page of one image, the viewer of its pictures, and the tiles that large pictures are sent in."""
