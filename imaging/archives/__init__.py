"""Opening a vendor's archive within limits: zip, 7z and tar, one interface for all of them."""
