"""A trainer of the Tributary contract in Python: proof that the contract belongs to no framework.

It dials the sidecar's unix socket (TRIBUTARY_TRAINER_SOCKET), registers, does one task at a time and ends when the job is over.
Its one task, `noop`, adds a fixed increment to every value in every local step, bit for bit as the built-in trainer does; a real
program goes into PROGRAMS beside it and needs nothing else.

The messages are made at start from the contract itself: PYTHONPATH holds the repository's `proto` folder.
"""

import errno
import hashlib
import json
import math
import os
import re
import signal
import sys
import time
from pathlib import Path

# The first process of a container ignores the signal else, and what follows takes a second to load.
signal.signal(signal.SIGTERM, lambda *_: os._exit(1))

import grpc
import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

messages, services = grpc.protos_and_services("tributary/trainer/v1/trainer.proto")
# Types of tensors of the contract, and what they are here; all little-endian.
DTYPES = {"F32": "<f4", "F16": "<f2", "I32": "<i4", "U32": "<u4", "U8": "u1"}
PARADIGM, ROLE = "Horizontal", "Trainer"
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


class Made:
    """What a task made: tensor sets by name, metrics, and what is known of the work."""

    def __init__(self, sets=(), metrics=(), facts=()):
        self.sets, self.metrics, self.facts = dict(sets), list(metrics), dict(facts)


class Noop:
    """Adds `increment` to every value in every local step; learns nothing, and every commit shows."""

    def __init__(self, job):
        given = numbers(job, NOOP_RULES)
        self.increment = given["increment"]
        self.step_seconds = given["simulateStepMs"] / 1000
        self.nan_round = given["simulateNaNAtRound"]

    def Train(self, task, sets):
        require_parameters(task, {})
        model = model_of(sets)
        if task.round == self.nan_round:
            what = f"the loss of round {task.round}, local step 0 is NaN; lower the learning rate or look at the data"
            raise TaskFailed("TRAINER_LOSS_NOT_FINITE", what)
        started = time.monotonic()
        for _ in range(task.local_steps):
            check_deadline(task)
            time.sleep(self.step_seconds)
        facts = {"steps": task.local_steps}
        if task.local_steps > 0:
            facts["stepSeconds"] = (time.monotonic() - started) / task.local_steps
        added = task.local_steps * self.increment
        moved = {name: np.asarray(values + np.float64(added), dtype=np.float32) for name, values in model.items()}
        return Made(sets={"model": moved}, facts=facts)

    def Evaluate(self, task, sets):
        require_parameters(task, {"split": "validation"})
        model = model_of(sets)
        first = model[min(model)] if model else np.zeros(0)
        loss = 1 - (float(np.mean(first, dtype=np.float64)) if first.size else 0.0)
        return Made(metrics=[messages.MetricSum(name="validation_loss", sum=loss, count=1)])


# Programs by task: each method with a capital is a verb, and the verbs of all are what the trainer registers with.
PROGRAMS = {"noop": Noop}


# Fallback, bounds and whether only whole numbers are accepted, by name: the rules of packages/contracts/src/fields/tasks.ts.
NOOP_RULES = {
    "increment": (2.0**-10, 2.0**-30, 1, False),
    "simulateStepMs": (0, 0, 600_000, True),
    "simulateNaNAtRound": (-1, -1, 1_000_000, True),
}
# A decimal of the API; float() takes more: names of numbers, spaces, underscores.
DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
MAX_DECIMAL_CHARACTERS = 32


def numbers(job, rules):
    """The hyperparameters of a job by their rules; what nobody knows, or is out of its bounds, is refused by name."""
    for name in sorted(job.hyperparameters):
        if name not in rules:
            raise hyperparameter_invalid(name, f"is unknown; this task knows {', '.join(rules)}")
    return {name: number(name, job.hyperparameters.get(name), rule) for name, rule in rules.items()}


def number(name, text, rule):
    """One hyperparameter by its rule."""
    fallback, least, most, whole = rule
    if text is None:
        return fallback
    is_decimal = len(text) <= MAX_DECIMAL_CHARACTERS and DECIMAL.fullmatch(text)
    value = float(text) if is_decimal else math.nan
    if least <= value <= most and (not whole or value.is_integer()):
        return value
    expected = f"{'a whole number' if whole else 'a number'} from {least} to {most}"
    raise hyperparameter_invalid(name, f"is {json.dumps(text)}, expected {expected}")


def hyperparameter_invalid(name, why):
    """A hyperparameter that this trainer does not take, as the failure of its task."""
    return TaskFailed("TRAINER_HYPERPARAMETER_INVALID", f"hyperparameter {name} {why}")


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


def verbs_of(program):
    """Verbs that a program does."""
    return sorted(name for name in dir(program) if name[0].isupper())


def refuse_unknown(task, verbs):
    """Refuses what this trainer would pass over: a verb that its program has not, and whatever the contract reserves."""
    if task.kind not in verbs:
        raise task_unknown(f"task kind {json.dumps(task.kind)} is unknown; this trainer does {', '.join(verbs)}")
    if task.iteration != 0:
        raise task_unknown(f"the task's iteration is {task.iteration}, expected 0: loops are reserved")
    for item in [*task.inputs, *task.outputs]:
        refuse_unknown_set(item)


def refuse_unknown_set(item):
    """Refuses a tensor set of another disclosure than those two that work, or with a field that is reserved."""
    if item.disclosure not in (messages.DISCLOSURE_SUM_ONLY, messages.DISCLOSURE_PUBLIC):
        known = messages.Disclosure.DESCRIPTOR.values_by_number.get(item.disclosure)
        found = known.name.removeprefix("DISCLOSURE_") if known else item.disclosure
        raise task_unknown(f"tensor set {item.name} has the disclosure {found}, expected SUM_ONLY or PUBLIC")
    reserved = {
        "to_role": item.to_role,
        "from_participant": item.from_participant,
        "to_participant": item.to_participant,
        "index_sha256": item.index_sha256.hex(),
    }
    for field, value in reserved.items():
        if value:
            raise task_unknown(f"tensor set {item.name} has {field} {json.dumps(value)}, expected none: it is reserved")


def require_parameters(task, known):
    """Refuses parameters that a verb does not know, and values that they cannot have."""
    for name in sorted(task.parameters):
        if name not in known:
            raise task_unknown(f"parameter {name} of {task.kind} is unknown; {task.kind} takes {', '.join(known) or 'none'}")
    for name, wanted in known.items():
        given = json.dumps(task.parameters[name]) if name in task.parameters else "absent"
        if given != json.dumps(wanted):
            raise task_unknown(f"parameter {name} of {task.kind} is {given}, expected {json.dumps(wanted)}")


def task_unknown(what):
    """A task that this trainer does not do, as its failure."""
    return TaskFailed("TRAINER_TASK_UNKNOWN", what)


def run_task(program, task, volume):
    """Does one task and gives its outcome as a message."""
    verbs = verbs_of(program)
    refuse_unknown(task, verbs)
    check_deadline(task)
    sets = [(item.name, item.path, read_tensors(item, volume)) for item in task.inputs]
    made = getattr(program, task.kind)(task, sets)
    names = [item.name for item in task.outputs]
    for name in names:
        if name not in made.sets:
            raise task_unknown(f"the task's outputs hold tensor set {name}, which {task.kind} does not make")
    for name in made.sets:
        if name not in names:
            raise TaskFailed("MESSAGE_INVALID", f"the task's outputs hold no tensor set {name}")
    for item in task.outputs:
        write_whole(path_inside(volume, item.path), save(made.sets[item.name]))
    outputs = [messages.TensorSet(name=item.name, path=item.path) for item in task.outputs]
    return messages.TaskSuccess(outputs=outputs, metrics=made.metrics, facts=made.facts)


def model_of(sets):
    """The model that a task is given, as arrays of 32-bit floats by name."""
    found = [(path, tensors) for name, path, tensors in sets if name == "model"]
    if len(found) != 1:
        what = "no tensor set model" if not found else "more than one tensor set model"
        raise TaskFailed("MESSAGE_INVALID", f"the task's inputs hold {what}")
    path, tensors = found[0]
    for name, (dtype, _) in tensors.items():
        if dtype != "F32":
            raise TaskFailed("TRAINER_MODEL_INVALID", f"{path}: tensor {name} is {dtype}, expected F32")
    return {name: values for name, (_, values) in tensors.items()}


def path_inside(volume, path):
    """A path of the shared volume, and of no place outside of it."""
    whole = Path(os.path.normpath(Path(volume, path)))
    if Path(os.path.normpath(volume)) not in whole.parents:
        raise TaskFailed("MESSAGE_INVALID", f"path {json.dumps(path)} leaves the shared volume")
    return whole


def read_tensors(given, volume):
    """A tensor set as types and arrays by name, with the digest that the task names."""
    content = path_inside(volume, given.path).read_bytes()
    if given.sha256 and hashlib.sha256(content).digest() != given.sha256:
        raise TaskFailed("CHECKSUM_MISMATCH", f"{given.path} does not have the digest that the task names")
    try:
        return {name: (tensor["dtype"], array(given.path, name, tensor)) for name, tensor in deserialize(content)}
    except SafetensorError as error:
        raise TaskFailed("TRAINER_MODEL_INVALID", f"{given.path}: {error}") from error


def array(path, name, tensor):
    """A tensor as an array; it is refused when it has a type that the contract does not know."""
    dtype = tensor["dtype"]
    if dtype not in DTYPES:
        expected = ", ".join(DTYPES)
        raise TaskFailed("TRAINER_MODEL_INVALID", f"{path}: tensor {name} is {dtype}, expected one of {expected}")
    return np.frombuffer(tensor["data"], dtype=DTYPES[dtype]).reshape(tensor["shape"])


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
        for field, known in (("paradigm", PARADIGM), ("role", ROLE)):
            if getattr(job, field) != known:
                raise task_unknown(f"{field} {json.dumps(getattr(job, field))} is unknown; this trainer knows {known}")
        if job.task not in PROGRAMS:
            raise TaskFailed("TRAINER_TASK_UNKNOWN", f"task {job.task!r} is unknown; this trainer does {', '.join(PROGRAMS)}")
        return PROGRAMS[job.task](job)
    except TaskFailed as error:
        return error


def own_capability():
    """What this trainer knows of what it runs on; it measures nothing, so it says nothing of memory and speed."""
    return messages.Capability(backend="numpy", dtypes=DTYPES)


def main():
    # Not 0: the Job of a drained pod then makes another.
    signal.signal(signal.SIGTERM, lambda *_: end(EXIT_STOPPED, "OPERATION_ABORTED", "Aborted", "Stopped before the job was over."))
    call = connect(os.environ.get("TRIBUTARY_TRAINER_SOCKET", "/var/run/tributary/volume/trainer.sock"))
    kinds = sorted({verb for program in PROGRAMS.values() for verb in verbs_of(program)})
    who = messages.RegisterRequest(trainer_name="python", trainer_version="0.2.0", kinds=kinds, capability=own_capability())
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
