"""``python -m review.desk``: the review desk's process."""

from review.desk.serve import main

main()
