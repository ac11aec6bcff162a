"""``python -m review.desk`` starts the review desk."""

from review.desk.serve import main

main()
