from worker.provenance import made_with


def test_a_step_without_a_model_tells_neither_weights_nor_options() -> None:
    assert set(made_with(None, {})) == {"hardware", "threads", "libraries"}
