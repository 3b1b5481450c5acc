#!/usr/bin/python3
"""chaos.py - what a family must bear, done to stage 3e: a line for each.

Usage: chaos.py [EXPERIMENT...]      by a word of its name; all of them
       CHAOS_SECONDS=600 chaos.py    again and again for so long
       CHAOS_SEED=7 chaos.py         the same choice of victims once more

Every line tells what was counted. The status is 1 if anything did not hold."""
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from family import FLOOD, STAGE, Family, is_let_in, is_refused
from processes import (PATIENCE, children_of, is_dead, status_field,
                       wait_until)

WORKERS = 4
CLIENTS = 8
PLAIN_USER = 61236
BACKLOG = 128  # of the listener

EXPERIMENTS = []


def experiment(name):
    """What it returns is shown: a text with what was counted, and whether
    that is as it should be."""
    def note(function):
        EXPERIMENTS.append((name, function))
        return function
    return note


# --- A family and its clients ------------------------------------------------

@contextlib.contextmanager
def running(*options, **more):
    family = Family(*options, **more)
    try:
        yield family.wait_until_ready()
    finally:
        family.end()


class Load:
    """Requests without a pause, until the block is left; then `sent` and
    `failed` are known."""

    def __init__(self, family, *options):
        self.command = [FLOOD, "--json", "-n", "10000000", "-c", str(CLIENTS),
                        "--timeout", str(PATIENCE), *options,
                        f"127.0.0.1:{family.port}/hello.txt"]

    def __enter__(self):
        self.flood = subprocess.Popen(self.command, stdout=subprocess.PIPE,
                                      text=True)
        return self

    def __exit__(self, *error):
        self.flood.send_signal(signal.SIGINT)
        said = json.loads(self.flood.communicate()[0])
        self.sent = said["answered"]
        self.failed = sum(said[kind] for kind in (
            "refused", "reset", "closed_early", "timed_out", "errors",
            "status_3xx", "status_4xx", "status_5xx"))
        self.sent += self.failed
        self.patience_lost = said["timed_out"] + said["refused"]


BOTH_KINDS = ([], ["--keep"])


def send(pid, number):
    """Returns whether there was anyone to send it to."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def all_are_up(family):
    return len(workers_up(family)) == WORKERS


def workers_up(family):
    return [pid for pid in children_of(family.pid) if not is_dead(pid)]


def is_pending(pid, number):
    return int(status_field(pid, "ShdPnd"), 16) >> (number - 1) & 1


def one_of(family):
    return random.choice(wait_until(family.workers, "there is a worker"))


def generation_of(family):
    """The newest, and how many workers of an older one had to go."""
    log = family.log()
    return (log.count("] reloading: generation"), log.count("drain: reload"))


# --- Death -------------------------------------------------------------------

@experiment("kill -9 of workers, under load")
def killed_workers():
    sent = failed = kills = waited = 0
    for kind in BOTH_KINDS:
        with running("--workers", str(2 * WORKERS)) as family:
            with Load(family, *kind) as load:
                for _ in range(25):
                    kills += send(one_of(family), signal.SIGKILL)
                    time.sleep(0.1)
                wait_until(lambda: len(workers_up(family)) == 2 * WORKERS,
                           "all are back")
        sent, failed = sent + load.sent, failed + load.failed
        waited += load.patience_lost
    return (f"{kills} kills, {failed} of {sent} requests failed",
            failed <= kills and waited == 0)


@experiment("SIGSTOP of workers, under load")
def stopped_workers():
    stops = 6
    with running("--workers", str(WORKERS), "--beat-timeout", "1") as family:
        with Load(family) as load:
            for stop in range(stops):
                send(one_of(family), signal.SIGSTOP)
                family.says("suspect: no heart-beat", stop + 1)
                family.says("(Aborted)", stop + 1)
                wait_until(lambda: all_are_up(family), "all are back")
        found = family.log().count("suspect:")
    return (f"{stops} stopped, {found} found, {load.failed} of {load.sent} "
            "requests failed",
            found == stops and load.failed <= stops and
            load.patience_lost == 0)


@experiment("a crash loop")
def crash_loop():
    seconds = 20
    with running("--workers", str(WORKERS)) as family:
        began, used = time.monotonic(), processor_seconds(family.pid)
        while time.monotonic() - began < seconds:
            for pid in family.workers():
                send(pid, signal.SIGKILL)
            time.sleep(0.005)
        forks = family.log().count("): spawn") - WORKERS
        share = (processor_seconds(family.pid) - used) / seconds
        wait_until(lambda: all_are_up(family), "it has healed")
    a_minute = forks * 60 // seconds
    return (f"{a_minute} forks a minute, supervisor at {share:.1%} of a CPU, "
            "then healed", a_minute <= 120 and share < 0.05)


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@experiment("fork fails: as a plain user")
def failing_forks():
    with running("--workers", "2", preexec_fn=become_plain) as family:
        limit_processes(family.pid, 0)
        with Load(family) as load:
            victim = family.workers()[0]
            send(victim, signal.SIGKILL)
            family.says("worker 0: waits for", 3)
            send(family.pid, signal.SIGHUP)
            family.says("temporarily unavailable", 5)
            alive = not family.is_gone() and len(workers_up(family)) == 1
            limit_processes(family.pid, 1000)
            wait_until(lambda: family.log().count("drain: reload") >= 1 and
                       len(workers_up(family)) == 2, "it has healed")
        failures = family.log().count("temporarily unavailable")
    return (f"{failures} failed forks, {load.failed} of {load.sent} requests "
            "failed, then healed", alive and load.failed <= 1)


def become_plain():
    """Root may fork in spite of the limit."""
    if os.geteuid() == 0:
        os.setgid(PLAIN_USER)
        os.setuid(PLAIN_USER)


def limit_processes(pid, number):
    subprocess.run(["prlimit", "--pid", str(pid), f"--nproc={number}:"],
                   preexec_fn=become_plain, check=True)


@experiment("kill -9 of the supervisor")
def killed_supervisor():
    with tempfile.TemporaryDirectory() as directory:
        sleeper = f"{directory}/sleep"
        write_program(sleeper, "exec sleep 1000\n")
        with running("--workers", str(WORKERS), "--cgi",
                     f"/own={directory}") as family:
            client = family.connect()
            client.sendall(b"GET /own/sleep HTTP/1.0\r\n\r\n")
            programs = wait_until(lambda: [
                child for worker in family.workers()
                for child in children_of(worker)], "the program runs")
            everyone = family.workers() + programs
            port = family.port
            family.send(signal.SIGKILL)
            began = time.monotonic()
            family.process.wait()
            wait_until(lambda: all(is_dead(pid) for pid in everyone),
                       "all are gone")
            wait_until(lambda: is_refused(port), "the port is free")
            took = time.monotonic() - began
            client.close()
    return (f"{len(everyone)} processes and the port gone after "
            f"{took * 1000:.0f} ms", took < 2)


def write_program(path, text):
    with open(path, "w", encoding="ascii") as script:
        script.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    os.chmod(os.path.dirname(path), 0o755)


# --- Change ------------------------------------------------------------------

@experiment("50 reloads, under load")
def reloads():
    sent = failed = 0
    for kind in BOTH_KINDS:
        with running("--workers", str(WORKERS)) as family:
            with Load(family, *kind) as load:
                for reload in range(1, 26):
                    family.send(signal.SIGHUP)
                    family.says("drain: reload", reload * WORKERS)
        sent, failed = sent + load.sent, failed + load.failed
    return f"{failed} of {sent} requests failed", failed == 0


@experiment("100 HUPs as fast as they are heard")
def hasty_reloads():
    workers = 4 * WORKERS  # so that a reload takes longer than to hear of it
    with running("--workers", str(workers)) as family:
        with Load(family, "--keep") as load:
            for _ in range(100):
                family.send(signal.SIGHUP)
                while is_pending(family.pid, signal.SIGHUP):
                    pass
            begun = generation_of(family)[0]
            wait_until(lambda: generation_of(family)[1] ==
                       generation_of(family)[0] * workers, "it has settled")
        reloads_done = generation_of(family)[0]
    # Those that came meanwhile are one; the last may come after its end.
    after = reloads_done - begun
    return (f"{reloads_done} reloads made of them, {after} after the last, "
            f"{load.failed} of {load.sent} requests failed",
            load.failed == 0 and begun >= 1 and after <= 2)


@experiment("10 upgrades, under load")
def upgrades():
    sent = failed = 0
    same = True
    for kind in BOTH_KINDS:
        with running("--workers", "2") as family:
            with Load(family, *kind) as load:
                for _ in range(5):
                    family.upgrade()
                same = same and not family.is_gone()
        sent, failed = sent + load.sent, failed + load.failed
    return (f"{failed} of {sent} requests failed, "
            f"{'the same' if same else 'ANOTHER'} pid", failed == 0 and same)


@experiment("all frozen for longer than a beat may take")
def frozen():
    with running("--workers", str(WORKERS), "--beat-timeout", "1",
                 "--request-timeout", "3") as family:
        before = sorted(family.workers())
        with Load(family, "--keep") as load:
            time.sleep(0.2)
            how = freeze_for(4, family)
            time.sleep(1.5)
        suspects = family.log().count("suspect:")
        same = sorted(family.workers()) == before
    return (f"by {how}: {suspects} suspected, {load.failed} of {load.sent} "
            "requests failed", suspects == 0 and same and load.failed == 0)


def freeze_for(seconds, family):
    """By a control group of its own if that can be had, else by SIGSTOP."""
    everyone = [family.pid, *family.workers()]
    for root in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
        group = f"{root}/forkyard-chaos-{family.pid}"
        try:
            os.mkdir(group)
        except OSError:
            continue
        try:
            for pid in everyone:
                write(f"{group}/cgroup.procs", pid)
            write(f"{group}/cgroup.freeze", 1)
            time.sleep(seconds)
            write(f"{group}/cgroup.freeze", 0)
            return "cgroup.freeze"
        except OSError:
            continue
        finally:
            leave_group(group)
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in everyone:
        os.kill(pid, signal.SIGCONT)
    return "SIGSTOP"


def leave_group(group):
    with contextlib.suppress(OSError):
        with open(f"{group}/cgroup.procs", encoding="ascii") as procs:
            members = procs.read().split()
        for pid in members:
            write(f"{os.path.dirname(group)}/cgroup.procs", pid)
        os.rmdir(group)


def write(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def connect_until_full(port):
    """Clients who say nothing: each worker has one, and more than the queue
    has room for cannot be let in."""
    clients = []
    while len(clients) < 10000:
        try:
            clients.append(socket.create_connection(("127.0.0.1", port), 0.5))
        except TimeoutError:
            break
    for client in clients:
        client.settimeout(PATIENCE)
    return clients


@experiment("a graceful stop with a full queue")
def full_queue():
    workers, late = 2, 5
    with running("--workers", str(workers)) as family:
        port = family.port
        clients = connect_until_full(port)
        queued = len(clients)
        for client in clients:
            client.sendall(b"GET /slow?ms=20 HTTP/1.1\r\nHost: a\r\n"
                           b"Connection: close\r\n\r\n")
        family.send(signal.SIGTERM)
        family.says("draining, then ending")
        refused = []
        latecomers = [threading.Thread(
            target=lambda: refused.append(not is_let_in(port)))
            for _ in range(late)]
        for thread in latecomers:
            thread.start()
        answered = sum(is_answered(client) for client in clients)
        for thread in latecomers:
            thread.join()
        status = family.process.wait(PATIENCE)
    return (f"{answered} of {queued} queued answered, {sum(refused)} of {late} "
            f"who came later not let in, status {status}",
            answered == queued > BACKLOG and sum(refused) == late and
            status == 0)


def is_answered(client):
    with client, client.makefile("rb") as answer:
        try:
            return answer.read().startswith(b"HTTP/1.1 200")
        except OSError:
            return False


# --- Endurance ---------------------------------------------------------------

def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    return int(status_field(pid, "VmRSS").split()[0])


def sizes(pids):
    return [(descriptors(pid), resident_kib(pid)) for pid in pids]


def growth(before, after):
    """Of descriptors, and of KiB: the largest of any process."""
    return (max(b[0] - a[0] for a, b in zip(before, after)),
            max(b[1] - a[1] for a, b in zip(before, after)))


@experiment("100,000 requests: descriptors, memory")
def many_requests():
    with running("--workers", "2") as family:
        family.flood("-n", "2000", "-c", "4").wait()
        everyone = [family.pid, *family.workers()]
        before = sizes(everyone)
        with family.flood("-n", "60000", "-c", "4", "--quiet") as one, \
                family.flood("-n", "40000", "-c", "4", "-k", "-q") as two:
            failed = one.wait() + two.wait()
        wait_until(lambda: growth(before, sizes(everyone))[0] == 0,
                   "they have closed what they had open")
        files, kib = growth(before, sizes(everyone))
        same = everyone == [family.pid, *family.workers()]
    return (f"{files:+d} descriptors, {kib:+d} KiB",
            same and not failed and files == 0 and kib < 512)


@experiment("1,000 restarts: descriptors, memory")
def many_restarts():
    workers, reloads_wanted = 20, 50
    with running("--workers", str(workers)) as family:
        def reload_until(count):
            while generation_of(family)[0] < count:
                done = generation_of(family)[0]
                family.send(signal.SIGHUP)
                family.says("drain: reload", (done + 1) * workers)
            wait_until(lambda: len(family.workers()) == workers,
                       "the old ones are gone")
        reload_until(2)
        before = sizes([family.pid])
        young = sizes([one_of(family)])
        reload_until(2 + reloads_wanted)
        files, kib = growth(before, sizes([family.pid]))
        of_worker = growth(young, sizes([one_of(family)]))
        restarts = family.log().count("): exited with status 0")
    return (f"{restarts} times; supervisor {files:+d} descriptors, {kib:+d} "
            "KiB; a worker "
            f"{of_worker[0]:+d}, {of_worker[1]:+d} KiB",
            restarts > 1000 and files == 0 and of_worker[0] == 0 and kib < 512 and
            of_worker[1] < 512)


class BodyCount(threading.Thread):
    """Looks for the dead that nobody has buried, 50 times a second."""

    def __init__(self, pid):
        super().__init__()
        self.pid = pid
        self.over = threading.Event()
        self.looks = self.seen = self.oldest_ms = self.longest_gap_ms = 0

    def run(self):
        first_seen, last_look = {}, time.monotonic()
        while not self.over.wait(0.02):
            now = time.monotonic()
            dead = {pid for pid in children_of(self.pid)
                    if (status_field(pid, "State") or "").startswith("Z")}
            first_seen = {pid: first_seen.get(pid, now) for pid in dead}
            self.looks += 1
            self.seen += sum(since == now for since in first_seen.values())
            self.oldest_ms = max([self.oldest_ms] + [
                (now - since) * 1000 for since in first_seen.values()])
            self.longest_gap_ms = max(self.longest_gap_ms,
                                      (now - last_look) * 1000)
            last_look = now


@experiment("zombies, under load, reloads and kills")
def zombies():
    with running("--workers", str(WORKERS)) as family:
        count = BodyCount(family.pid)
        with Load(family):
            count.start()
            for _ in range(20):
                for _ in range(5):
                    family.send(signal.SIGHUP)
                    time.sleep(0.03)
                for worker in family.workers():  # who die together
                    send(worker, signal.SIGKILL)
                time.sleep(0.2)  # and nothing else happens
            count.over.set()
            count.join()
        deaths = family.log().count(" after ")
    return (f"{deaths} deaths: {count.seen} seen in {count.looks} looks, the "
            f"oldest for {count.oldest_ms:.0f} ms", count.oldest_ms <= 100)


# --- As PID 1 ----------------------------------------------------------------

def count_readers(path, pids):
    """Those whose standard input it is."""
    count = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            count += os.readlink(f"/proc/{pid}/fd/0") == path
    return count



@experiment("as PID 1 of a container")
def first_process():
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork",
               "--mount-proc"]
    if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        return "skipped: no namespaces here", True
    orphans, left, statuses = 192, 0, []
    for number in (signal.SIGTERM, signal.SIGINT):
        with tempfile.TemporaryDirectory() as directory:
            # All end together, when whoever writes has gone.
            end = f"{directory}/end"
            os.mkfifo(end)
            write_program(f"{directory}/orphans",
                          f"for i in $(seq {orphans}); do setsid sh -c "
                          f"'read x <{end}' <&- >&- 2>&- &\ndone\n"
                          "printf 'Content-Type: text/plain\\n\\nok'\n")
            wrapper = f"{directory}/container"
            write_program(wrapper, f'exec {" ".join(unshare)} {STAGE} "$@"\n')
            with running("--workers", "2", "--cgi", f"/own={directory}",
                         stage=wrapper) as family:
                family.pid = children_of(family.process.pid)[0]
                family.get("/own/orphans")
                with open(end, "w", encoding="ascii"):
                    wait_until(lambda: count_readers(
                        end, children_of(family.pid)) == orphans,
                        "all of them wait for the writer to go")
                wait_until(lambda: family.status()["orphans"] >= orphans,
                           "the orphans are buried")
                left += family.status()["zombies"]
                family.send(number)
                statuses.append(family.process.wait(PATIENCE))
    return (f"{orphans} orphans, ending together: {left} zombies left, TERM "
            f"ends with {statuses[0]}, INT with {statuses[1]}",
            left == 0 and statuses == [0, 128 + signal.SIGINT])


# --- All of it ---------------------------------------------------------------

def perform(name, function):
    began = time.monotonic()
    try:
        counted, holds = function()
    except (AssertionError, OSError) as error:
        counted, holds = str(error).splitlines()[0], False
    print(f"{name:<44} {'holds' if holds else 'FAILS':<6} "
          f"{time.monotonic() - began:4.0f} s  {counted}", flush=True)
    return holds


def main():
    chosen = [one for one in EXPERIMENTS
              if len(sys.argv) == 1 or
              any(word in one[0] for word in sys.argv[1:])]
    if not chosen:
        print(__doc__)
        return 64
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(10000)))
    random.seed(seed)
    print(f"{len(chosen)} experiments with {os.path.relpath(STAGE)}, "
          f"CHAOS_SEED={seed}")
    until = time.monotonic() + int(os.environ.get("CHAOS_SECONDS", 0))
    failures = 0
    while True:
        failures += sum(not perform(*one) for one in chosen)
        if time.monotonic() >= until:
            break
    print("all of it holds" if not failures else f"{failures} did not hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
