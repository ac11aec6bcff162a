"""``python -m review.desk`` starts the review desk."""

from review.desk.serve import main

if __name__ == "__main__":  # the drawing processes import this module too
    main()
