"""Every verb of the command: where it is, and the first sentence of its help."""

from review.cli.lazy import Verb

VERBS = {
    "accept": Verb(
        "review.cli.people.decide",
        "Find flagged IMAGEs good as they stand: the flagged result is taken up and goes on.",
    ),
    "calibrate": Verb(
        "review.cli.quality.calibrate",
        "Propose gate limits from a FOLDER of good edits, with pictures of the same names in "
        "before/ and after/.",
    ),
    "compare": Verb(
        "review.cli.quality.compare",
        "Compare the pictures of folder OTHER with those of the same name in folder REFERENCE.",
    ),
    "completion": Verb(
        "review.cli.completion",
        'Print the completion script of SHELL; for bash: eval "$(sluice completion bash)".',
    ),
    "dismiss": Verb(
        "review.cli.line.keep",
        "Hide troubles that `sluice status` lists, by their NUMBER: they come back when something "
        "about them changes.",
    ),
    "doctor": Verb(
        "review.cli.line.inspect",
        "What is missing on this machine, and how to get it.",
    ),
    "halt": Verb(
        "review.cli.line.batch",
        "Halt BATCH: what waits is held; what a worker is in the middle of ends its step.",
    ),
    "images": Verb(
        "review.cli.line.inspect",
        "One line for each image of BATCH: id, name, state, reason (and readings with --json).",
    ),
    "judge": Verb(
        "review.cli.quality.judge",
        "Judge an edit: the picture BEFORE and AFTER it, as files or as folders of the same names.",
    ),
    "login": Verb(
        "review.cli.line.keep",
        "Show the logins of Flower and of the review desk, or change that of one PAGE.",
    ),
    "match": Verb(
        "review.cli.quality.match",
        "Run models A and B on the same pictures and lay quality beside cost, for fill, upscale, "
        "denoise, restore.",
    ),
    "models": Verb(
        "review.cli.models",
        "The trusted models: task, licence, revision, ready or what is missing; pull and add weights.",
    ),
    "permute": Verb(
        "review.cli.quality.permute",
        "Run a step on every picture in FOLDER with each model and seed, and compare with the last "
        "run's outputs.",
    ),
    "provenance": Verb(
        "review.cli.quality.provenance",
        "Read delivered FILES back: how each picture came about and whose it is, and whether the "
        "record agrees.",
    ),
    "reject": Verb(
        "review.cli.people.decide",
        "Decide against IMAGEs: they are discarded, a delivered file is withdrawn.",
    ),
    "reproduce": Verb(
        "review.cli.quality.reproduce",
        "Run a recorded step of IMAGE again, in this process, and compare the bytes with the recorded ones.",
    ),
    "requeue": Verb(
        "review.cli.people.decide",
        "Send IMAGEs round again from the step at which they stopped.",
    ),
    "resume": Verb(
        "review.cli.line.batch",
        "Go on with a halted BATCH: a few images probe it, and only if they come back good do the "
        "rest follow.",
    ),
    "rollback": Verb(
        "review.cli.people.decide",
        "Put IMAGE back to what it was before STEP; it is then flagged: accept or requeue it.",
    ),
    "run": Verb(
        "review.cli.line.run",
        "Take UPLOAD (a folder, .zip, .7z or .tar) through the whole line and deliver to --out.",
    ),
    "status": Verb(
        "review.cli.line.inspect",
        "Counts by state, artifact rate, throughput, cost and breaker of BATCH, or of the newest batches.",
    ),
    "style": Verb(
        "review.cli.quality.style",
        "Measure reference PICTURES (files or folders); print the [style] table that locks a recipe "
        "to their look.",
    ),
    "submit": Verb(
        "review.cli.line.submit",
        "Put UPLOAD (a folder, .zip, .7z or .tar) into the ingest bucket; print the batch id.",
    ),
    "templates": Verb(
        "review.cli.people.templates",
        "Vendor templates: text at one place of many photos of a vendor, such as a stamp or a date.",
    ),
    "up": Verb(
        "review.cli.line.up",
        "Start the line and stay on: scheduler, workers, Flower, review desk; Postgres and Redis "
        "where not named.",
    ),
}
