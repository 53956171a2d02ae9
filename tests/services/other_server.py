"""Another server on a home: `python -m tests.services.other_server HOME …` answers Python expressions, one a line, with JSON.

They know its `jobs`, its `trainings`, and what is `planned` here. Its workers are forked.
"""

import json
import subprocess
import sys
from pathlib import Path

from collab.models.dot import DotBiasSettings
from collab.services import jobs as jobs_module
from collab.services.environment import Environment
from collab.services.job_kinds import all_kinds
from collab.services.jobs import Jobs
from collab.services.plans import plan
from collab.services.trainings import Trainings
from tests.forked_worker import ForkedWorker, forking_here
from tests.services.counting import COUNT, COUNT_ON

ENDLESS = DotBiasSettings(epochs=100, batch_size=8)
QUICK = DotBiasSettings(epochs=1, batch_size=512, n_factors=4)


def planned(settings=ENDLESS, starter="me", split_seed=0):
    return plan("dot-bias", settings, "sample", "random:0.2", split_seed, starter=starter)


class OtherServer:
    """The process, forked where `forking` forks workers; it may be killed."""

    def __init__(self, forking, home):
        command = [sys.executable, "-m", "tests.services.other_server", str(home), "0", "ask"]
        self.process: ForkedWorker | subprocess.Popen = forking.Popen(command, env={"COLLAB_HOME": str(home)})
        self.name = self.ask("jobs.server")

    def ask(self, expression):
        self.process.stdin.write(f"{expression}\n")
        answer = self.process.stdout.readline()
        assert answer, f"no answer to {expression}"
        return json.loads(answer)

    def kill(self):
        """As the machine does that has no memory left: it can do nothing any more."""
        self.process.kill()
        self.process.wait(30)
        self.process.stdin.close()
        self.process.stdout.close()


def main():
    jobs_module.subprocess = forking_here()
    environment = Environment((), Path(sys.argv[1]), "sqlite://")
    jobs = Jobs(environment, (*all_kinds(environment), COUNT, COUNT_ON))
    known = {"jobs": jobs, "trainings": Trainings(jobs), "planned": planned, "QUICK": QUICK}
    for expression in sys.stdin:
        print(json.dumps(eval(expression, known)), flush=True)
    jobs.close()
