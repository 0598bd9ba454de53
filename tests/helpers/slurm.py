"""Slurm, played by a script: it starts on this machine what it is given, with the variables that Slurm sets."""

from __future__ import annotations

import sys
from pathlib import Path

SLURM = """#!{python}
import os, re, signal, subprocess, sys, time
from pathlib import Path

place, name, words = Path({place!r}), Path(sys.argv[0]).name, sys.argv[1:]


def start(array, task):
    job = f"{{array}}_{{task}}" if task else array
    (place / f"{{job}}.state").write_text("RUNNING")
    given = dict(SLURM_JOB_ID=str(int(array) + 1000 + int(task or 0)), SLURM_JOB_NAME="far", SLURM_JOB_NUM_NODES="1",
                 SLURM_NNODES="1", SLURM_JOB_NODELIST="localhost", SLURM_NODELIST="localhost", PLACE=job)
    if task:
        given.update(SLURM_ARRAY_JOB_ID=array, SLURM_ARRAY_TASK_ID=task)
    environment = dict(os.environ, **given)
    return subprocess.Popen(["bash", place / f"{{array}}.sh"], env=environment, start_new_session=True)


def asked(job, what):
    file = place / f"{{job}}.{{what}}"
    return file.exists() and (file.unlink() or True)


if name == "sbatch":
    text = Path(words[-1]).read_text()
    if "--partition=nowhere" in text:
        sys.exit("sbatch: error: invalid partition specified: nowhere")
    array = str(100 + len(list(place.glob("*.sh"))))
    (place / f"{{array}}.sh").write_text(text)
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    subprocess.Popen([place / "slurmd", array], start_new_session=True, **quiet)
    print("Submitted batch job", array)
elif name == "slurmd":
    (array,) = words
    size = re.search(r"--array=0-(\\d+)%(\\d+)", (place / f"{{array}}.sh").read_text())
    tasks = [str(number) for number in range(int(size[1]) + 1)] if size else [""]
    jobs = {{(f"{{array}}_{{task}}" if task else array): task for task in tasks}}
    waiting, running = list(jobs), {{}}
    for job in waiting:
        (place / f"{{job}}.state").write_text("PENDING")
    while waiting or running:
        while waiting and len(running) < (int(size[2]) if size else 1):
            job = waiting.pop(0)
            running[job] = start(array, jobs[job])
        time.sleep(0.05)
        for job in list(jobs):
            if asked(job, "cancel"):
                (place / f"{{job}}.state").write_text("CANCELLED by 0")
                (place / "cancelled").open("a").write(job + " ")
                waiting = [queued for queued in waiting if queued != job]
                if job in running:
                    os.killpg(running[job].pid, signal.SIGTERM)
        for job, process in list(running.items()):
            if process.poll() is not None:
                del running[job]
                if asked(job, "requeue"):
                    (place / "requeued").open("a").write(job + " ")
                    waiting.append(job)
                elif (place / f"{{job}}.state").read_text() == "RUNNING":
                    (place / f"{{job}}.state").write_text("FAILED" if process.returncode else "COMPLETED")
elif name == "srun":
    array, _, task = os.environ["PLACE"].partition("_")
    patterns = {{"%A": array, "%a": task, "%j": array, "%t": "0"}}
    for option, stream in (("--output", 1), ("--error", 2)):
        file = re.sub("%.", lambda match: patterns[match[0]], words[words.index(option) + 1])
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    given = dict(SLURM_NTASKS="1", SLURM_PROCID="0", SLURM_LOCALID="0", SLURM_NODEID="0")
    command = words[words.index("--error") + 2 :]
    os.execvpe(command[0], command, dict(os.environ, **given))
elif name == "sacct":
    print("JobID|State|NodeList")
    for file in place.glob("*.state"):
        print(file.stem, file.read_text(), "localhost", sep="|")
elif name == "scontrol":
    (place / f"{{words[-1]}}.requeue").touch()
elif name == "scancel":
    for job in words:
        (place / f"{{job}}.cancel").touch()
"""


def install(place: Path) -> Path:
    """Put its commands into a new folder, which belongs on the PATH and in which it keeps its books."""
    place.mkdir()
    for name in ("sbatch", "slurmd", "srun", "sacct", "scontrol", "scancel"):
        (place / name).write_text(SLURM.format(python=sys.executable, place=str(place)))
        (place / name).chmod(0o755)
    return place
