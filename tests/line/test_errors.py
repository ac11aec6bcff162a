from line.errors import unreachable


def test_a_service_that_does_not_answer_is_named_with_what_to_do() -> None:
    error = "connection failed: Connection refused.\n\tIs the server running?"
    assert str(unreachable("Postgres", error, "SLUICE_DATABASE_URL")) == (
        "Postgres cannot be reached: connection failed: Connection refused; start it, or correct SLUICE_DATABASE_URL"
    )


def test_an_error_without_text_is_told_as_no_answer() -> None:
    assert "cannot be reached: no answer; start it" in str(unreachable("Redis", "", "SLUICE_BROKER_URL"))
