"""Every verb of the command: where it is, and the first sentence of its help."""

from review.cli.lazy import Verb

VERBS = {
    "accept": Verb(
        "review.cli.people.decide",
        "Accept flagged IMAGEs: the flagged result is used and continues to the next step.",
    ),
    "audit": Verb(
        "review.cli.quality.audit",
        "List the red flags of RECIPEs and of this installation, each with why it matters and what to do.",
    ),
    "calibrate": Verb(
        "review.cli.quality.calibrate",
        "Propose gate limits from a FOLDER of good edits, with pictures of the same names in before/ and "
        "after/.",
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
        "Hide troubles that `sluice status` lists, by NUMBER, until something about them changes.",
    ),
    "doctor": Verb(
        "review.cli.line.inspect",
        "List what this machine lacks and how to install it.",
    ),
    "forget": Verb(
        "review.cli.line.forget",
        "Remove the records of batches finished before a day, and the pictures between steps that only they "
        "need.",
    ),
    "halt": Verb(
        "review.cli.line.batch",
        "Halt BATCH: workers finish their current step, and waiting images are held.",
    ),
    "images": Verb(
        "review.cli.line.inspect",
        "List the images of BATCH: id, name, state and reason (with --json also the readings).",
    ),
    "judge": Verb(
        "review.cli.quality.judge",
        "Judge edits by the gates: BEFORE and AFTER are two files, or two folders with the same file names.",
    ),
    "login": Verb(
        "review.cli.line.keep",
        "Show the logins of Flower and of the review desk, or change the login of one PAGE.",
    ),
    "match": Verb(
        "review.cli.quality.match",
        "Compare models A and B on the same pictures by quality and cost, for fill, upscale, denoise and "
        "restore.",
    ),
    "models": Verb(
        "review.cli.models",
        "List the trusted models: task, licence, revision, and whether each is ready; pull and add weights.",
    ),
    "people": Verb(
        "review.cli.people.accounts",
        "Add, list and remove accounts of the review desk.",
    ),
    "permute": Verb(
        "review.cli.quality.permute",
        "Run a step on every picture in FOLDER with each model and seed, and compare with the last run's "
        "outputs.",
    ),
    "provenance": Verb(
        "review.cli.quality.provenance",
        "Compare the origin and rights stated in delivered FILES with the record.",
    ),
    "quote": Verb(
        "review.cli.line.quote",
        "Measure a sample of UPLOAD (a folder) on this machine; print what all of it will cost and how long it "
        "takes.",
    ),
    "reject": Verb(
        "review.cli.people.decide",
        "Discard IMAGEs; a file that was already delivered is deleted.",
    ),
    "report": Verb(
        "review.cli.line.report",
        "Write a report of BATCH: throughput, artifacts by step and reason, cost, people's time, worst pictures.",
    ),
    "reproduce": Verb(
        "review.cli.quality.reproduce",
        "Run a recorded step of IMAGE again, in this process, and compare the bytes with the recorded ones.",
    ),
    "requeue": Verb(
        "review.cli.people.decide",
        "Process IMAGEs again from the step at which they stopped.",
    ),
    "resume": Verb(
        "review.cli.line.batch",
        "Resume a halted BATCH: a few test images go first, and the rest follow only if those are good.",
    ),
    "rollback": Verb(
        "review.cli.people.decide",
        "Restore IMAGE as it was before STEP and flag it; then accept or requeue it.",
    ),
    "rollout": Verb(
        "review.cli.line.rollout",
        "Try a CANDIDATE model beside the model in use: start, status, promote, rollback.",
    ),
    "run": Verb(
        "review.cli.line.run",
        "Process UPLOAD (a folder, .zip, .7z or .tar) on this machine and deliver the pictures to --out.",
    ),
    "slots": Verb(
        "review.cli.quality.slots",
        "List the slots that recipes may name instead of a model; set one, or take the last switch back.",
    ),
    "spot-check": Verb(
        "review.cli.quality.spot_check",
        "Print how large the share of bad pictures among those that BATCH delivered is at most.",
    ),
    "status": Verb(
        "review.cli.line.inspect",
        "Show images per state, artifact rate, throughput, cost and breaker of BATCH, or list the newest "
        "batches.",
    ),
    "style": Verb(
        "review.cli.quality.style",
        "Measure reference PICTURES (files or folders); print a [style] table for a recipe.",
    ),
    "submit": Verb(
        "review.cli.line.submit",
        "Copy UPLOAD (a folder, .zip, .7z or .tar) to a line that is up; print the id of its batch.",
    ),
    "templates": Verb(
        "review.cli.people.templates",
        "List vendor templates: overlays that recur on many photos of a vendor, such as a stamp or a date.",
    ),
    "tokens": Verb(
        "review.cli.people.tokens",
        "Create, list and revoke tokens, by which programs use the HTTP API.",
    ),
    "triage": Verb(
        "review.cli.quality.triage",
        "Halt BATCH; find the step at fault and the smallest change of the recipe that lets a sample pass.",
    ),
    "undo": Verb(
        "review.cli.people.decide",
        "Undo your last decision, or the last decision about each IMAGE; repeat it to undo the one before.",
    ),
    "up": Verb(
        "review.cli.line.up",
        "Start the line and keep it running until Ctrl-C: scheduler, workers, review desk and Flower.",
    ),
    "webhooks": Verb(
        "review.cli.people.webhooks",
        "Send events to other systems: as signed requests, chat messages or mail.",
    ),
}
