"""A trainer of the Tributary contract in Python: proof that the contract belongs to no framework.

It dials the sidecar's unix socket (TRIBUTARY_TRAINER_SOCKET), registers, does one task at a time and ends when the job is over.
Its one task, `noop`, adds a fixed increment to every value in every local step, bit for bit as the built-in trainer does; a real
program goes into PROGRAMS beside it and needs nothing else.

The messages are made at start from the contract itself: PYTHONPATH holds the repository's `proto` folder.
"""

import errno
import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path

# The first process of a container ignores the signal else, and what follows takes a second to load.
signal.signal(signal.SIGTERM, lambda *_: os._exit(1))

import grpc
import numpy as np
from safetensors.numpy import load, save

messages, services = grpc.protos_and_services("tributary/trainer/v1/trainer.proto")
CALL_SECONDS, WAIT_MS, ATTEMPTS = 10, 20_000, 30
EXIT_STOPPED, EXIT_SIDECAR_LOST = 1, 15
EXITS = {
    "TRAINER_TASK_UNKNOWN": (11, "TRAINER_TASK_UNKNOWN", "TaskUnknown"),
    "TRAINER_HYPERPARAMETER_INVALID": (14, "TRAINER_HYPERPARAMETER_INVALID", "HyperparameterInvalid"),
}
# When each task came, on the clock that nobody sets: what remains of its time counts from there.
received = {}
RETRIED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED, grpc.StatusCode.RESOURCE_EXHAUSTED}


class TaskFailed(Exception):
    """A task that could not be done: a code of the error catalogue and a sentence."""

    def __init__(self, code, message, retriable=False):
        super().__init__(message)
        self.code, self.retriable = code, retriable


class Noop:
    """Adds `increment` to every value in every local step; learns nothing, and every commit shows."""

    def __init__(self, job):
        self.increment = number(job, "increment", 2.0**-10)
        self.step_seconds = number(job, "simulateStepMs", 0) / 1000

    def train(self, model, task):
        for _ in range(task.local_steps):
            check_deadline(task)
            time.sleep(self.step_seconds)
        added = task.local_steps * self.increment
        return {name: np.asarray(values + np.float64(added), dtype=np.float32) for name, values in model.items()}

    def evaluate(self, model, task):
        return 1 - float(np.mean(model[min(model)], dtype=np.float64)), 1


PROGRAMS = {"noop": Noop}


def number(job, name, fallback):
    """A hyperparameter as a number."""
    try:
        return float(job.hyperparameters[name]) if name in job.hyperparameters else fallback
    except ValueError as error:
        raise TaskFailed("TRAINER_HYPERPARAMETER_INVALID", f"hyperparameter {name}: {error}") from error


def end(exit_code, code, reason, sentence):
    """Ends the process and leaves the cause as the container's termination message; a sentence that quotes no data."""
    path = os.environ.get("TRIBUTARY_TERMINATION_LOG", "/dev/termination-log")
    try:
        # Outside of a pod there is no such file, and none is made.
        with open(path, "w" if "TRIBUTARY_TERMINATION_LOG" in os.environ else "r+") as log:
            log.write(json.dumps({"code": code, "reason": reason, "message": sentence}) + "\n")
    except OSError:
        pass
    sys.exit(exit_code)


def check_deadline(task):
    """Fails once the result would be of no use."""
    if task.HasField("remaining_ms") and time.monotonic() > received[task.id] + task.remaining_ms / 1000:
        raise TaskFailed("DEADLINE_EXCEEDED", f"task {task.id}: its deadline passed", retriable=True)


def run_task(program, task, volume):
    """Does one task and gives its outcome as a message."""
    if task.kind not in ("Train", "Evaluate"):
        raise TaskFailed("TRAINER_TASK_UNKNOWN", f"task kind {task.kind!r} is unknown; this trainer does Train, Evaluate")
    sets = {item.name: item for item in task.inputs}
    content = Path(volume, sets["model"].path).read_bytes()
    if sets["model"].sha256 and hashlib.sha256(content).digest() != sets["model"].sha256:
        raise TaskFailed("CHECKSUM_MISMATCH", f"{sets['model'].path} does not have the digest that the task names")
    model = load(content)
    if task.kind == "Evaluate":
        total, count = program.evaluate(model, task)
        return messages.TaskSuccess(metrics=[messages.MetricSum(name="validation_loss", sum=total, count=count)])
    out = next(item for item in task.outputs if item.name == "model")
    write_whole(Path(volume, out.path), save(program.train(model, task)))
    return messages.TaskSuccess(outputs=[out])


def write_whole(path, content):
    """Writes a file that appears whole or not at all; a full or broken volume fails the task by name."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        fresh.write_bytes(content)
        fresh.rename(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise volume_failed(error) from error


def volume_failed(error):
    """What the shared volume does wrong, as the failure of a task that can be tried again."""
    code = "STORAGE_FULL" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "STORAGE_UNAVAILABLE"
    return TaskFailed(code, f"the volume that sidecar and trainer share: {error}", retriable=True)


def connect(socket):
    """The sidecar's methods as one function that asks again while nobody answers."""
    # A channel without a call for half an hour is closed else: the sidecar would take a trainer at a long task for lost.
    stub = services.TrainerServiceStub(grpc.insecure_channel(f"unix:{socket}", [("grpc.client_idle_timeout_ms", 2**31 - 1)]))

    def call(method, request, timeout=CALL_SECONDS):
        for attempt in range(ATTEMPTS):
            try:
                return getattr(stub, method)(request, timeout=timeout)
            except grpc.RpcError as error:
                if error.code() not in RETRIED:
                    raise
                time.sleep(min(5, 0.2 * 2**attempt))
        print(f"the sidecar does not answer on {socket}", file=sys.stderr)
        end(EXIT_SIDECAR_LOST, "TRAINER_SIDECAR_LOST", "SidecarLost", "The sidecar does not answer on its socket.")

    return call


def outcome_of(program, job, task):
    """The outcome of a task, done or failed."""
    done = messages.CompleteTaskRequest(task_id=task.id)
    try:
        if isinstance(program, TaskFailed):
            raise program
        done.success.CopyFrom(run_task(program, task, job.volume_path))
    except (TaskFailed, OSError) as cause:
        error = cause if isinstance(cause, TaskFailed) else volume_failed(cause)
        done.failure.CopyFrom(messages.TaskFailure(code=error.code, message=str(error), retriable=error.retriable))
    return done


def open_program(job):
    """What does the job's task, or why it cannot be done."""
    try:
        if job.task not in PROGRAMS:
            raise TaskFailed("TRAINER_TASK_UNKNOWN", f"task {job.task!r} is unknown; this trainer does {', '.join(PROGRAMS)}")
        return PROGRAMS[job.task](job)
    except TaskFailed as error:
        return error


def main():
    # Not 0: the Job of a drained pod then makes another.
    signal.signal(signal.SIGTERM, lambda *_: end(EXIT_STOPPED, "OPERATION_ABORTED", "Aborted", "Stopped before the job was over."))
    call = connect(os.environ.get("TRIBUTARY_TRAINER_SOCKET", "/var/run/tributary/volume/trainer.sock"))
    who = messages.RegisterRequest(trainer_name="python", trainer_version="0.1.0", kinds=["Train", "Evaluate"])
    job = call("Register", who)
    program = open_program(job)
    while not (answer := call("NextTask", messages.NextTaskRequest(wait_ms=WAIT_MS), WAIT_MS / 1000 + CALL_SECONDS)).finished:
        if answer.HasField("task"):
            received[answer.task.id] = time.monotonic()
            call("CompleteTask", outcome_of(program, job, answer.task))
            if isinstance(program, TaskFailed):
                end(*EXITS[program.code], "The trainer cannot do this job; its log says why.")


if __name__ == "__main__":
    main()
